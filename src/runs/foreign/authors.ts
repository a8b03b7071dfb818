import { z } from 'zod';
import { canonicalCategory } from '../../benchmarks/2ds/rows.js';
import type { Prediction } from '../../records/prediction.js';
import { type ForeignFile, foreignPrediction, popeSplitOf } from './foreign-file.js';

const id = z.union([z.string(), z.number()]).transform(String);
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const shared = { model_id: z.string().default('') };
const answered = { question: z.string(), correct_answer: text, model_response: z.string(), ...shared };

/**
 * A line of an answer file of the paper's released evaluators (github.com/user074/beyond-semantics, `evaluation/eval/`): each
 * benchmark's has fields of its own, by which it is known.
 */
export const authorsLine = z.union([
  z
    .looseObject({
      entry_id: id,
      test_category: text,
      qa_category: z.string(),
      objects: z.unknown(),
      ...answered,
    })
    .transform(line => ({ bench: '2ds' as const, ...line })),
  z
    .looseObject({ idx: id, task: z.string(), source: z.string(), prompt: z.string(), ...answered })
    .transform(line => ({ bench: 'cvbench' as const, ...line })),
  z
    .looseObject({ idx: id, prompt: z.string(), ...answered })
    .transform(line => ({ bench: 'pope' as const, ...line })),
  z
    .looseObject({
      ...{ question_id: id, prompt: z.string(), answer: z.string(), gt_answer: text, ...shared },
      category: z.unknown(),
    })
    .transform(line => ({ bench: 'gqa' as const, ...line })),
  z
    .looseObject({ question_id: id, prompt: z.string(), text: z.string(), ...shared })
    .transform(line => ({ bench: 'vqav2' as const, ...line })),
]);

type Line = z.infer<typeof authorsLine>;

/** Reads an answer file. VQAv2's has no answers to compare with. */
export function readAuthors(lines: readonly Line[], fileName: string): ForeignFile {
  const places = new Map<string, number>();
  const { bench, model_id: model } = lines[0]!;
  return {
    source: 'the authors',
    model,
    bench,
    imagesKnown: bench === '2ds',
    predictions: lines.map(line => toPrediction(line, fileName, places)),
  };
}

/** @param places how many questions of each image came before */
function toPrediction(line: Line, fileName: string, places: Map<string, number>): Prediction {
  switch (line.bench) {
    case '2ds': {
      const place = places.get(line.entry_id) ?? 0;
      places.set(line.entry_id, place + 1);
      const objects = Array.isArray(line.objects) ? line.objects.length : undefined;
      return foreignPrediction({
        ...answerOf(line),
        id: `${line.entry_id}-${place}`,
        image: line.entry_id,
        category: canonicalCategory(line.qa_category),
        labels: { testCategory: line.test_category, ...(objects !== undefined && { objects }) },
      });
    }
    case 'cvbench':
      return foreignPrediction({
        ...answerOf(line),
        id: line.idx,
        question: line.prompt,
        category: line.task,
        labels: { source: line.source },
      });
    case 'pope': {
      const split = popeSplitOf(fileName);
      return foreignPrediction({
        ...answerOf(line),
        id: split ? `${split}:${line.idx}` : line.idx,
        ...(split && { category: split }),
      });
    }
    case 'gqa': {
      const types = z.looseObject({ structural: z.string(), semantic: z.string() }).safeParse(line.category);
      return foreignPrediction({
        id: line.question_id,
        question: questionIn(line.prompt),
        targets: [line.gt_answer],
        output: line.answer,
        ...(types.data && {
          category: types.data.structural,
          labels: { structural: types.data.structural, semantic: types.data.semantic },
        }),
      });
    }
    case 'vqav2':
      return foreignPrediction({
        id: line.question_id,
        question: questionIn(line.prompt),
        targets: [],
        output: line.text,
      });
  }
}

const answerOf = (line: { question: string; correct_answer: string; model_response: string }) => ({
  question: line.question,
  targets: [line.correct_answer],
  output: line.model_response,
});

/** The question in a whole prompt: after the image, before what the evaluators add. */
const questionIn = (prompt: string): string =>
  prompt
    .replace(/^[\s\S]*<image>(<im_end>)?\n/, '')
    .replace(/ ASSISTANT:$/, '')
    .replace(/ ?\nAnswer the question using a single word or phrase\.$/, '');
