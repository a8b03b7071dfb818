import type { JsonObject } from '../records/json.js';
import type { RunRecord } from '../records/prediction.js';
import type { StoredRun } from './stored-run.js';

/** A run open for writing. Append units in one fixed order: a resumed run's file then equals an undisturbed one's. */
export interface Run<R extends RunRecord> extends StoredRun<R> {
  /** Whether the run is finished: it then takes no more units, there is nothing left to do but to report it. */
  readonly finished: boolean;
  /** Units that are complete. */
  readonly units: number;
  isDone(image: string, condition: string): boolean;
  /**
   * Stores the records of one image under one condition: one write, then flushed to the disk (fdatasync), so that a killed
   * process or a power cut costs at most the unit in progress. UserError where the disk is full or fails: the earlier units
   * are kept. To be awaited before the next one.
   */
  append(unit: readonly R[]): Promise<void>;
  /** Marks the run as finished, with what it has to say at its end (timings, …). */
  finish(extra: JsonObject): Promise<void>;
  /** Gives the folder back to other writers; to be called in any case, once. */
  close(): Promise<void>;
}
