import { orderIn, permutation } from '../../interventions/permute.js';
import { entropy } from '../../metrics/entropy.js';
import type { Panel, Sheet } from '../../records/figure.js';
import { noSystemPrompt, original, permuted } from '../condition.js';
import { suitesOf } from '../estimates.js';
import { under } from '../scores.js';
import { type AttentionPrediction, type AttentionResult, datasetsOf, measureOf } from './measures.js';
import { targetWord } from './target.js';

/** Questions that Figure 7 shows, then Figure 8; images that Figure 1 shows. */
const FIGURE_7 = 4;
const FIGURE_8 = 6;
const FIGURE_1 = 3;
/** Columns where there is one model only. */
const ALONE = 4;

interface SheetOptions {
  /** Words that were asked for as targets. */
  readonly target?: readonly string[] | undefined;
  /** Questions or images that were asked for; all of them are shown. */
  readonly show?: readonly string[] | undefined;
}

/** Figures 7 and 8: attention maps, the models side by side; Figure 1: similarity of vision tokens. */
export function attentionSheets(results: readonly AttentionResult[], options: SheetOptions): Sheet[] {
  const { show } = options;
  const datasets = datasetsOf(results);
  const [main = [], ...others] = datasets
    .map(dataset => mappedQuestions(dataset.results))
    .filter(questions => questions.length > 0);
  const first = show ? main.slice(0, FIGURE_7) : spread(main, FIGURE_7);
  const left = [main.filter(question => !first.includes(question)), ...others];
  const share = Math.ceil(FIGURE_8 / left.length);
  const second = left.flatMap(questions => (show ? questions : spread(questions, share)));
  const named = { ...options, suite: suitesOf(results) };
  return [
    ...mapSheet('fig7', 'Attention on the vision tokens', first, named),
    ...mapSheet('fig8', 'Attention on the vision tokens, more examples', second, named),
    ...similaritySheet(datasets.map(dataset => dataset.results[0]!)),
  ];
}

/** A question with what every model answered, in the models' order. */
interface MappedQuestion {
  readonly benchmark: string;
  readonly answers: readonly { readonly model: string; readonly prediction: AttentionPrediction }[];
}

/**
 * Questions of which every model has a map, one an image: they take turns in its order, so that the forms of question
 * come up alike. Nothing is chosen by what the maps show.
 */
function mappedQuestions(results: readonly AttentionResult[]): MappedQuestion[] {
  const maps = results.map(result => {
    const withoutSystem = under(result, noSystemPrompt);
    const asked = withoutSystem.length > 0 ? withoutSystem : under(result, original);
    return new Map(asked.filter(p => p.measures?.map).map(p => [p.id, p]));
  });
  const byImage = new Map<string, AttentionPrediction[]>();
  for (const [id, prediction] of maps[0] ?? []) {
    if (!maps.every(map => map.has(id))) continue;
    const ofImage = byImage.get(prediction.image);
    if (ofImage) ofImage.push(prediction);
    else byImage.set(prediction.image, [prediction]);
  }
  return [...byImage.values()].map((questions, i) => {
    const { id } = questions[i % questions.length]!;
    return {
      benchmark: results[0]!.benchmark.name,
      answers: results.map(({ model }, m) => ({ model, prediction: maps[m]!.get(id)! })),
    };
  });
}

/** At most `count` of the items, evenly over all of them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}

function mapSheet(
  name: string,
  title: string,
  questions: readonly MappedQuestion[],
  { suite, target }: SheetOptions & { readonly suite: string },
): Sheet[] {
  if (questions.length === 0) return [];
  const models = questions[0]!.answers.length;
  const panels = questions.flatMap(({ benchmark, answers }) =>
    answers.map(({ model, prediction }) =>
      mapPanel(benchmark, model, prediction, targetWord(prediction.output, target)?.word),
    ),
  );
  const outlined = panels.some(({ cells }) => cells) ? ' Outlined: the cells of the object in question.' : '';
  return [
    {
      kind: 'sheet',
      name,
      title: `${title}, suite ${suite}`,
      caption:
        'Where the step that produces the answer’s target word (in quotation marks) looks: mean over heads and layers, each ' +
        `map from its least to its greatest value. Entropy: 1 is even attention.${outlined}`,
      columns: models > 1 ? models : ALONE,
      panels,
    },
  ];
}

function mapPanel(benchmark: string, model: string, prediction: AttentionPrediction, word = ''): Panel {
  const map = prediction.measures!.map!;
  const cells = prediction.measures?.targetCells ?? [];
  return {
    benchmark,
    image: prediction.image,
    ...seen(prediction),
    ...described([model, `entropy ${entropy(map).toFixed(2)}, “${word}”`, prediction.question], prediction),
    heat: stretched(map),
    ...(cells.length > 0 && { cells }),
  };
}

/** What the model saw of the picture. */
function seen(prediction: AttentionPrediction): Pick<Panel, 'view'> {
  const view = prediction.measures?.view;
  return view ? { view: view as [number, number, number, number] } : {};
}

/** What a panel says of an answer: below the picture right or wrong, above it what is not graded (a description). */
const described = (heading: readonly string[], { output, score }: AttentionPrediction) =>
  Number.isNaN(score)
    ? { heading: [...heading, `“${output}”`] }
    : { heading, answer: { text: output, right: score >= 0.5 } };

/** From the least to the greatest value, onto [0, 1]. */
function stretched(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map(value => (high > low ? (value - low) / (high - low) : 0));
}

/**
 * Figure 1, of the first model on one dataset: how alike each vision token is to one of them, in their own order and as the decoder was
 * given them in the permuted one, with the answers to both. Descriptions are shown where there are any.
 */
function similaritySheet(results: readonly AttentionResult[]): Sheet[] {
  const result = results.find(r => r.benchmark.name === 'coco') ?? results[0]!;
  const reordered = under(result, permuted());
  const answers = new Map(reordered.map(p => [p.id, p]));
  const orders = new Map(reordered.flatMap(p => (p.did ? [[p.image, orderIn(p.did)] as const] : [])));
  const candidates = under(result, original).filter(p => p.measures?.similarity && answers.has(p.id));
  const shown = spread(candidates, FIGURE_1);
  if (shown.length === 0) return [];
  return [
    {
      kind: 'sheet',
      name: 'fig1',
      title: 'Vision tokens in their own and in random order',
      caption:
        `${result.model}, suite ${result.suite}. Heat: cosine similarity of each vision token to the outlined one, from the least to the greatest, ` +
        'laid over the image by the token’s place in the decoder’s input: above as it is, below permuted.',
      columns: shown.length,
      panels: [
        ...shown.map(p =>
          similarityPanel(result, p, p.measures!.similarity!, measureOf(p, 'referenceToken')!, p),
        ),
        ...shown.map(p => {
          const similarity = p.measures!.similarity!;
          // Earlier runs do not tell the order: it is drawn again.
          const order =
            orders.get(p.image) ??
            permutation('random', similarity.length, 0, { id: p.image, seed: result.seed });
          const reference = order.indexOf(measureOf(p, 'referenceToken')!);
          return similarityPanel(
            result,
            p,
            order.map(i => similarity[i]!),
            reference,
            answers.get(p.id)!,
          );
        }),
      ],
    },
  ];
}

const similarityPanel = (
  { benchmark }: AttentionResult,
  asked: AttentionPrediction,
  similarity: readonly number[],
  reference: number,
  answered: AttentionPrediction,
): Panel => ({
  benchmark: benchmark.name,
  image: asked.image,
  ...seen(asked),
  ...described([answered === asked ? 'Original' : 'Permuted', asked.question], answered),
  heat: stretched(similarity),
  cells: [reference],
});
