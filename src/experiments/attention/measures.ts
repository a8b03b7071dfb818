import { z } from 'zod';
import type { Prediction } from '../../records/prediction.js';
import type { RunResult } from '../../records/result.js';

const number = z.number().exactOptional();
const list = z.array(z.number()).readonly().exactOptional();

/** What is stored of a question. Shares are of the attention on vision tokens, unless said otherwise. */
export const attentionMeasures = z.strictObject({
  /** Normalised entropy of the chosen rows' mean (Table 4), and by layer. */
  entropy: number,
  entropyByLayer: list,
  /** Share of all attention but BOS's that lies on vision tokens, in the same row. */
  visionMass: number,
  /** Entropy of the row that produces the target word (Figures 7 and 8), and that row, by vision token. */
  mapEntropy: number,
  map: list,
  /** The target's cells; their share of all cells, what they get of the chosen row and of the target word's. */
  targetCells: list,
  targetShare: number,
  targetMass: number,
  mapTargetMass: number,
  /** What the model sees of the picture (as `Panel`). */
  view: list,
  /** Figure 1's reference token, and each vision token's similarity to it. */
  referenceToken: number,
  similarity: list,
});

export type AttentionMeasures = z.output<typeof attentionMeasures>;
export type AttentionPrediction = Prediction<AttentionMeasures>;
export type AttentionResult = RunResult<AttentionMeasures>;

/** The measures that are one number. */
export type Measure = {
  [Name in keyof AttentionMeasures]-?: number extends AttentionMeasures[Name] ? Name : never;
}[keyof AttentionMeasures];

export const measureOf = ({ measures }: AttentionPrediction, name: Measure): number | undefined =>
  measures?.[name];
