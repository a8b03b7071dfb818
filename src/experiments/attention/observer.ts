import { entropy } from '../../metrics/entropy.js';
import type { OpenedModel } from '../../models/open-model.js';
import { meanRow, type QuestionRows, type Row, watchRows } from '../../observers/attention-rows.js';
import { putsBos } from '../../observers/observer.js';
import { watchSimilarity } from '../../observers/token-similarity.js';
import type { Answer } from '../answer.js';
import type { Condition } from '../condition.js';
import { conditionRecord, isCondition, original } from '../condition.js';
import type { Observe, ObservedImage } from '../types.js';
import { gridOf } from '../vision-grid.js';
import { cellAt, cellsOf, firstToken, type Grid, targetObjects, targetWord } from './target.js';

export interface AttentionSettings {
  /** Whose rows entropy is of; `target` leaves out answers that have no target word. */
  readonly tokens: 'answer' | 'target' | 'all';
  readonly target?: readonly string[] | undefined;
  readonly layers: readonly [first: number, last: number];
  readonly heads: readonly number[] | null;
  /** Questions or images whose maps are stored. */
  readonly show?: readonly string[] | undefined;
}

/** Without `--show`, maps are stored of the first images and of every 64th, wherever a run was cut or resumed. */
const FIRST_SHOWN = 4;
const SHOWN_EVERY = 64;

/** Observes attention over the vision tokens, question by question. */
export function observeAttention(settings: AttentionSettings): Observe {
  return (model, image, condition) => {
    const { layers, heads, tokens } = settings;
    const rows = watchRows({ layers, heads, bos: putsBos(model), text: tokens === 'all' });
    const grid = gridUnder(condition, image, model);
    const reference = grid && referenceToken(image, grid);
    const similar =
      reference !== undefined &&
      isCondition(conditionRecord(condition), original) &&
      image.samples.some(s => isShown(s.id))
        ? watchSimilarity(reference)
        : undefined;

    function isShown(question: string): boolean {
      const { show } = settings;
      if (show) return show.includes(question) || show.includes(image.id);
      return image.place < FIRST_SHOWN || image.place % SHOWN_EVERY === 0;
    }

    return {
      probe(stretch) {
        const probes = { ...rows.probe(stretch), ...similar?.probe(stretch) };
        return 'attention' in probes || 'hidden' in probes ? probes : undefined;
      },
      measures(question, answer) {
        const seen = rows.of(question);
        if (!seen) return {};
        const sample = image.samples[question]!;
        const map = mapRow(seen, answer, model, settings.target);
        const row = chosenRow(tokens, seen, map);
        const targets = grid && image.objects && targetObjects(sample, image.objects);
        const cells = grid && targets ? cellsOf(targets, grid) : [];
        const shown = grid !== undefined && isShown(sample.id);
        return {
          ...(row && ofRow(row, seen)),
          ...(map && { mapEntropy: rounded(entropy(map)) }),
          ...(cells.length > 0 && {
            targetShare: rounded(cells.length / (grid!.side * grid!.side)),
            ...(row && { targetMass: rounded(shareOf(row, cells)) }),
            ...(map && { mapTargetMass: rounded(shareOf(map, cells)) }),
          }),
          ...(shown && map && { map: Array.from(map, rounded), targetCells: cells }),
          ...(shown && { view: viewOf(image) }),
          ...(similar && question === 0 && similarity(similar.similarities(), reference!)),
        };
      },
    };
  };
}

/** Where the vision tokens lie on the image; undefined where they lie in no grid, or not where they were. */
function gridUnder(condition: Condition, { view }: ObservedImage, { llava }: OpenedModel): Grid | undefined {
  const inPlace = condition.image && condition.interventions.length === 0;
  return inPlace && view ? gridOf(llava, view) : undefined;
}

function viewOf({ view }: ObservedImage): number[] {
  const { left, top, width, height } = view!;
  return [left, top, width, height].map(rounded);
}

/** Figure 1's: the token at the first target there is, else the one in the middle. */
function referenceToken({ samples, objects }: ObservedImage, grid: Grid): number {
  const targets = objects && samples.flatMap(sample => targetObjects(sample, objects) ?? []);
  const middle = Math.floor(grid.side / 2);
  return (targets?.[0] && cellAt(targets[0], grid)) ?? middle * grid.side + middle;
}

/** The row that produces the first token of the answer's target word. */
function mapRow(
  { answer: rows }: QuestionRows,
  { tokenIds }: Answer,
  { tokenizer }: OpenedModel,
  wanted: readonly string[] | undefined,
): Row | undefined {
  const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true });
  const word = targetWord(decode(tokenIds), wanted);
  return word && rows[firstToken(word, tokenIds, decode)];
}

function chosenRow(
  tokens: AttentionSettings['tokens'],
  { answer, text }: QuestionRows,
  map: Row | undefined,
): Row | undefined {
  if (tokens === 'target') return map;
  return meanRow(tokens === 'all' ? [...text, ...answer] : answer);
}

const ofRow = (row: Row, { byLayer }: QuestionRows) => ({
  entropy: rounded(entropy(row)),
  visionMass: rounded(sum(row)),
  entropyByLayer: byLayer.map(layer => rounded(entropy(layer))),
});

const similarity = (values: Float32Array | undefined, reference: number) =>
  values && { similarity: Array.from(values, rounded), referenceToken: reference };

/** The share of the attention on vision tokens that these cells have. */
const shareOf = (row: Row, cells: readonly number[]): number =>
  cells.reduce((total, cell) => total + row[cell]!, 0) / sum(row);

const sum = (row: Row): number => Array.from(row).reduce((a, b) => a + b, 0);

/** Six significant digits: what is stored. */
const rounded = (value: number): number => Number(value.toPrecision(6));
