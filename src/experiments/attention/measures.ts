import type { Prediction } from '../../records/prediction.js';
import type { RunResult } from '../types.js';

/** Conditions: as asked; without the template's system prompt (as the paper's maps are made); tokens in random order. */
export const ORIGINAL = 'original';
export const NO_SYSTEM = 'no-system';
export const PERMUTED = 'permuted-0';

/** What is stored of a question, as one number. Shares are of the attention on vision tokens, unless said otherwise. */
export type Measure =
  /** Normalised entropy of the chosen rows' mean (Table 4). */
  | 'entropy'
  /** Share of all attention but BOS's that lies on vision tokens, in the same row. */
  | 'visionMass'
  /** Entropy of the row that produces the target word (Figures 7 and 8). */
  | 'mapEntropy'
  /** The target's cells: their share of all cells, what they get of the chosen row and of the target word's. */
  | 'targetShare'
  | 'targetMass'
  | 'mapTargetMass'
  /** Figure 1's reference token. */
  | 'referenceToken';

/** A measure of a list of numbers: by layer, by vision token, cells, or what the model sees of the picture (as `Panel`). */
export type Series = 'entropyByLayer' | 'map' | 'targetCells' | 'similarity' | 'view';

export function measureOf({ measures }: Prediction, name: Measure): number | undefined {
  const value = measures?.[name];
  return typeof value === 'number' ? value : undefined;
}

export function seriesOf({ measures }: Prediction, name: Series): readonly number[] | undefined {
  const value = measures?.[name];
  return typeof value === 'object' ? value : undefined;
}

export const under = ({ predictions }: RunResult, condition: string): Prediction[] =>
  predictions.filter(p => p.condition === condition);
