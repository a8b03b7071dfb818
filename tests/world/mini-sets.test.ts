import { expect, test } from 'vitest';
import { cvbenchSet } from '../../src/world/mini/cvbench-set.js';
import { gqaSet } from '../../src/world/mini/gqa-set.js';
import { guesserScores, languageOnlyGuesser } from '../../src/world/mini/guesser.js';
import { miniOptions } from '../../src/world/mini/options.js';
import { popeSet } from '../../src/world/mini/pope-set.js';
import { guesserScenes, type TestSet } from '../../src/world/mini/test-set.js';
import { vqav2Set } from '../../src/world/mini/vqav2-set.js';
import { worldScene } from '../../src/world/mini/world.js';
import type { Scene } from '../../src/world/scene/scene.js';
import { answerTo } from './mini-oracle.js';

const options = miniOptions.parse({ seed: 3 });
const world = guesserScenes(options);
const textOf = (set: TestSet, path: string) => String(set.files[path]);
const linesOf = <T>(text: string) =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as T);
const sceneOf = (set: TestSet, path: string): Scene => set.pictures.find(p => p.path.endsWith(path))!.scene;

/** How often each value occurs. */
function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

const spread = (counts: Record<string, number>) =>
  Math.max(...Object.values(counts)) / Math.min(...Object.values(counts));

interface PopeLine {
  readonly image: string;
  readonly text: string;
  readonly label: 'yes' | 'no';
}

test('POPE: three yes and three no on every image of every split, all true', () => {
  const set = popeSet(options, world);
  for (const split of ['random', 'popular', 'adversarial']) {
    const lines = linesOf<PopeLine>(textOf(set, `coco_pope_${split}.json`));
    expect(lines).toHaveLength(600);
    expect(lines.every(({ image, text, label }) => answerTo(text, sceneOf(set, image)) === label)).toBe(true);
    const perImage = tally(lines.map(({ image, label }) => `${image} ${label}`));
    expect(new Set(Object.values(perImage))).toEqual(new Set([3]));
    expect(new Set(lines.map(({ image, text }) => `${image} ${text}`)).size).toBe(600);
  }
});

test('POPE: absent objects are commoner in the popular split, and keep more company in the adversarial one', () => {
  const set = popeSet(options, world);
  const kindsOf = (scene: Scene) => new Set(scene.objects.map(({ color, shape }) => `${color} ${shape}`));
  const others = Array.from({ length: 3000 }, (_, i) =>
    kindsOf(worldScene('validation', i, { biased: true })),
  );
  const share = (scenes: readonly ReadonlySet<string>[], kind: string) =>
    scenes.filter(kinds => kinds.has(kind)).length / scenes.length;
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const absent = (split: string) =>
    linesOf<PopeLine>(textOf(set, `coco_pope_${split}.json`))
      .filter(({ label }) => label === 'no')
      .map(({ text, image }) => ({
        kind: /^Is there an? (.*) in the image\?$/.exec(text)![1]!,
        present: [...kindsOf(sceneOf(set, image))],
      }));
  const popularity = (split: string) => mean(absent(split).map(({ kind }) => share(others, kind)));
  expect(popularity('popular')).toBeGreaterThan(1.5 * popularity('random'));
  // How often the absent object is there when one of those that are there is.
  const company = (split: string) =>
    mean(
      absent(split).flatMap(({ kind, present }) =>
        present.map(there =>
          share(
            others.filter(kinds => kinds.has(there)),
            kind,
          ),
        ),
      ),
    );
  expect(company('adversarial')).toBeGreaterThan(company('popular'));
});

interface GqaRecord {
  readonly question: string;
  readonly answer: string;
  readonly imageId: string;
  readonly types: { readonly structural: string; readonly semantic: string; readonly detailed: string };
}

const gqa = gqaSet(options, world);

test('GQA: every answer is true; yes and no, left and right, … exactly even in every type; all types there', () => {
  const records = Object.values(
    JSON.parse(textOf(gqa, 'questions/testdev_balanced_questions.json')) as Record<string, GqaRecord>,
  );
  expect(records.length).toBeGreaterThan(1300);
  for (const { question, answer, imageId } of records)
    if (answerTo(question, sceneOf(gqa, `${imageId}.jpg`)) !== answer) expect.unreachable(question);
  const of = (key: 'structural' | 'semantic') =>
    Object.keys(tally(records.map(({ types }) => types[key]))).sort();
  expect(of('structural')).toEqual(['choose', 'compare', 'logical', 'query', 'verify']);
  expect(of('semantic')).toEqual(['attr', 'cat', 'global', 'obj', 'rel']);
  const typeOf = ({ types: { structural, semantic, detailed } }: GqaRecord) =>
    `${structural} ${semantic} ${detailed.replace(/Co?$/, '')}`;
  for (const type of new Set(records.map(typeOf))) {
    const group = records.filter(record => typeOf(record) === type);
    const answers = tally(group.map(({ answer }) => answer));
    expect(Object.keys(answers).length, type).toBeGreaterThan(1);
    if (Object.keys(answers).length === 2) expect(spread(answers), type).toBe(1);
    else expect(spread(answers), type).toBeLessThan(2);
  }
});

interface VqaFile {
  readonly questions: readonly {
    readonly question_id: number;
    readonly image_id: number;
    readonly question: string;
  }[];
  readonly annotations: readonly {
    readonly question_id: number;
    readonly answer_type: string;
    readonly question_type: string;
    readonly multiple_choice_answer: string;
    readonly answers: readonly { readonly answer: string; readonly answer_id: number }[];
  }[];
}

test('VQAv2: ten answers, most of them true, some not; questions begin with their type; yes and no even', () => {
  const set = vqav2Set(options, world);
  const read = (path: string) => JSON.parse(textOf(set, path)) as VqaFile;
  const { questions } = read('v2_OpenEnded_mscoco_val2014_questions.json');
  const { annotations } = read('v2_mscoco_val2014_annotations.json');
  expect(annotations.map(a => a.question_id)).toEqual(questions.map(q => q.question_id));
  expect(new Set(questions.map(q => q.question_id)).size).toBe(questions.length);
  for (const [i, { answers, multiple_choice_answer, question_type }] of annotations.entries()) {
    const { question, image_id } = questions[i]!;
    const truth = answerTo(question, sceneOf(set, `_${String(image_id).padStart(12, '0')}.jpg`));
    if (multiple_choice_answer !== truth) expect.unreachable(question);
    if (!question.toLowerCase().startsWith(question_type)) expect.unreachable(question);
    expect(answers.map(({ answer_id }) => answer_id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(answers.filter(({ answer }) => answer === truth).length).toBeGreaterThanOrEqual(8);
  }
  const disputed = annotations.filter(({ answers }) => new Set(answers.map(({ answer }) => answer)).size > 1);
  expect(disputed.length / annotations.length).toBeGreaterThan(0.4);
  expect(disputed.length / annotations.length).toBeLessThan(0.6);
  const yesNo = annotations.filter(({ answer_type }) => answer_type === 'yes/no');
  expect(spread(tally(yesNo.map(a => a.multiple_choice_answer)))).toBe(1);
});

interface CvBenchLine {
  readonly task: string;
  readonly source: string;
  readonly prompt: string;
  readonly question: string;
  readonly choices: readonly string[];
  readonly answer: string;
  readonly filename: string;
}

test('CV-Bench: every letter is right, letters are even, crowded images have more objects', () => {
  const set = cvbenchSet(options, world);
  const lines = linesOf<CvBenchLine>(textOf(set, 'test_2d.jsonl'));
  for (const { prompt, answer, filename } of lines)
    if (`(${answerTo(prompt, sceneOf(set, filename))})` !== answer) expect.unreachable(prompt);
  for (const task of ['Count', 'Relation']) {
    const letters = tally(lines.filter(line => line.task === task).map(line => line.answer));
    expect(spread(letters), task).toBeLessThan(1.1);
    expect(Object.keys(letters).length).toBe(task === 'Count' ? 4 : 2);
  }
  for (const { prompt, question, choices } of lines)
    if (
      prompt !==
      `${question} Select from the following choices.\n${choices.map((c, i) => `(${'ABCD'[i]}) ${c}`).join('\n')}`
    )
      expect.unreachable(prompt);
  const objects = (source: string) =>
    lines.filter(l => l.source === source).map(({ filename }) => sceneOf(set, filename).objects.length);
  expect(Math.max(...objects('sparse'))).toBeLessThanOrEqual(4);
  expect(Math.min(...objects('crowded'))).toBeGreaterThanOrEqual(4);
});

test('the same options make the same test set, another seed another one', () => {
  expect(gqaSet(options, world).files).toEqual(gqa.files);
  const other = popeSet(miniOptions.parse({ seed: 4 }), world).files;
  for (const [path, text] of Object.entries(popeSet(options, world).files))
    expect(other[path]).not.toBe(text);
});

test('the guesser answers by the words alone: their usual answer, else the form’s, and only one of the choices', () => {
  const scenes = Array.from({ length: 10 }, (_, i) => worldScene('train', i));
  let turn = 0;
  const colors = () => {
    const question = turn++ % 5 === 0 ? 'What color is the sky?' : 'What color is grass?';
    return { question, answer: question.endsWith('sky?') ? 'blue' : 'green' };
  };
  const guess = languageOnlyGuesser(scenes, { colors }, ({ question, answer }) => ({
    text: question,
    answer,
  }));
  expect(guess({ kind: 'colors', text: 'What color is the sky?' })).toBe('blue');
  expect(guess({ kind: 'colors', text: 'What color is a leaf?' })).toBe('green');
  expect(guess({ kind: 'colors', text: 'What color is grass?', choices: ['red', 'blue'] })).toBe('red');
  expect(guess({ kind: 'colors', text: 'What color is the sky?', choices: ['red', 'blue'] })).toBe('blue');
  expect(
    guesserScores([
      { group: 'a', score: 1 },
      { group: 'b', score: 0 },
      { group: 'a', score: 0 },
    ]),
  ).toEqual({ overall: 33.33, groups: { a: 50, b: 0 } });
});
