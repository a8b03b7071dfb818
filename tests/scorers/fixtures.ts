import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ScoredRow, Scorer, Target } from '../../src/scorers/types.js';

/** What the official scorers said of generated answers; `parity/score_official.py` makes these files. */
export function officialScores<T>(name: string): T {
  const file = new URL(`../../parity/fixtures/scores/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as T;
}

export const target = (...targets: string[]): Target => ({ question: '', targets });

export function scored(
  scorer: Scorer,
  output: string,
  gold: string,
  category: string,
  labels: ScoredRow['labels'] = {},
): ScoredRow {
  return { ...scorer(output, target(gold)), targets: [gold], category, labels };
}
