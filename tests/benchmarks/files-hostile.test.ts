import { cp, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openFolder } from '../../src/benchmarks/files/folder.js';
import { benchmarks } from '../../src/benchmarks/index.js';
import { UserError } from '../../src/errors.js';
import { fixture, imagesOf } from './expected.js';
import { buildZip, type Member } from './zip-builder.js';

const root = await mkdtemp(join(tmpdir(), 'hostile-'));
afterAll(() => rm(root, { recursive: true }));

let made = 0;
async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = join(root, String(made++));
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const GQA = { '1': { imageId: 'n1', question: 'Is it?', answer: 'yes', types: { structural: 'verify' } } };
const questions = (records: unknown) => ({ 'testdev_balanced_questions.json': JSON.stringify(records) });
const withArchive = (...members: Member[]) =>
  folderWith({ ...questions(GQA), 'images.zip': buildZip(members) });
const content = Buffer.from('an image');
/** Images that are not there are an error when they are loaded. */
const LATER = { allImages: false };

/** A refusal is a `UserError` of one line without control characters. */
async function refused(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toMatch(/\p{Cc}/u);
  return message;
}

describe('archives', () => {
  test('images are read in place, stored or deflated', async () => {
    for (const deflated of [true, false]) {
      const folder = await withArchive({ name: 'images/n1.jpg', content, deflated });
      const [image] = await imagesOf(await benchmarks.gqa.open(folder));
      expect(Buffer.from(await image!.load())).toEqual(content);
    }
  });

  test.each(['../n1.jpg', 'images/../../n1.jpg', '/etc/n1.jpg', 'C:/n1.jpg', '..\\n1.jpg'])(
    'a member named %j refuses the archive',
    async name => {
      const folder = await withArchive({ name, content });
      expect(await refused(benchmarks.gqa.open(folder))).toMatch(
        /images.zip.*unsafe.*(relative|absolute) path/,
      );
    },
  );

  test('a symbolic link refuses the archive', async () => {
    const folder = await withArchive({
      name: 'images/n1.jpg',
      content: Buffer.from('/etc/passwd'),
      mode: 0o120777,
    });
    expect(await refused(benchmarks.gqa.open(folder))).toContain('symbolic link');
  });

  test('a bomb that owns up to its size is not unpacked, and one that lies stops at its claim', async () => {
    const bomb = Buffer.alloc((256 << 20) + 1);
    const [honest] = await imagesOf(
      await benchmarks.gqa.open(await withArchive({ name: 'n1.jpg', content: bomb, deflated: true })),
    );
    expect(await refused(honest!.load())).toMatch(/n1.jpg.*unpacks to 268435457 bytes/);
    const [liar] = await imagesOf(
      await benchmarks.gqa.open(
        await withArchive({ name: 'n1.jpg', content: bomb, deflated: true, claimedSize: 8 }),
      ),
    );
    expect(await refused(liar!.load())).toContain('too many bytes');
  });

  test('a member that is not what its CRC-32 says is refused, as it is read', async () => {
    for (const deflated of [true, false]) {
      const folder = await withArchive({ name: 'n1.jpg', content, deflated, claimedCrc: 1 });
      const [image] = await imagesOf(await benchmarks.gqa.open(folder));
      expect(await refused(image!.load())).toMatch(/n1.jpg.* is damaged: CRC-32 00000001 expected/);
    }
  });

  test('an archive that is none is named', async () => {
    const folder = await folderWith({ ...questions(GQA), 'images.zip': 'not a zip' });
    expect(await refused(benchmarks.gqa.open(folder))).toMatch(/expected a zip archive .*images.zip/);
  });
});

describe('JSON', () => {
  test.each<[string, unknown]>([
    ['an answer that is a list', { 1: { ...GQA['1'], answer: ['3'] } }],
    ['a question that is a list', { 1: { ...GQA['1'], question: ['a'] } }],
    ['a record that is null', { 1: GQA['1'], 2: null }],
    ['types that are a text', { 1: { ...GQA['1'], types: 'verify' } }],
    ['a list', [GQA['1']]],
  ])('%s', async (_, records) => {
    expect(await refused(benchmarks.gqa.open(await folderWith(questions(records))))).toMatch(
      /testdev_balanced_questions.json, found another/,
    );
  });

  test('a million brackets deep', async () => {
    const deep = '['.repeat(1e6) + ']'.repeat(1e6);
    const text = `{"1": {"imageId": "n1", "question": ${deep}, "answer": "yes"}}`;
    const folder = await folderWith({ 'testdev_balanced_questions.json': text });
    expect(await refused(benchmarks.gqa.open(folder))).toMatch(/at 1.question: .*expected string/);
  });

  test('cut short, or not UTF-8', async () => {
    const text = JSON.stringify(GQA);
    const cut = await folderWith({ 'testdev_balanced_questions.json': text.slice(0, -20) });
    expect(await refused(benchmarks.gqa.open(cut))).toMatch(
      /expected JSON in testdev_balanced_questions.json/,
    );
    const latin = await folderWith({
      'testdev_balanced_questions.json': Buffer.from(text.replace('Is it', 'Ist es schön'), 'latin1'),
    });
    expect(await refused(benchmarks.gqa.open(latin))).toContain('UTF-8');
  });

  test('a byte order mark is no harm', async () => {
    const folder = await folderWith({ 'testdev_balanced_questions.json': `\ufeff${JSON.stringify(GQA)}` });
    expect((await benchmarks.gqa.open(folder, LATER)).sampleCount).toBe(1);
  });

  test('an image id that is a path, or a terminal command, stays text', async () => {
    for (const imageId of ['../../etc/passwd', '/etc/passwd', '\u001b[2Jx', '__proto__']) {
      const folder = await folderWith(questions({ 1: { ...GQA['1'], imageId } }));
      expect(await refused(benchmarks.gqa.open(folder))).toMatch(
        /found none for 1 of 1: ".*" \(question 1\)/,
      );
      const [image] = await imagesOf(await benchmarks.gqa.open(folder, LATER));
      expect(image!.id).toBe(imageId);
      expect(await refused(image!.load())).toMatch(/expected image ".*" as ".*found none/);
    }
  });

  test('a key twice in one object, however it is written', async () => {
    const one = JSON.stringify(GQA['1']);
    for (const [text, key] of [
      [`{"1": ${one}, "2": ${one}, "1": ${one}}`, '1'],
      [`{"1": ${one}, "\\u0031": ${one}}`, '1'],
      [`{"1": ${one.replace('{', '{"answer": "no", ')}}`, 'answer'],
      [`{${Array.from({ length: 40 }, (_, i) => `"${i % 39}": ${one}`).join()}}`, '0'],
    ] as const) {
      const folder = await folderWith({ 'testdev_balanced_questions.json': text });
      expect(await refused(benchmarks.gqa.open(folder))).toContain(`found "${key}" twice in one object`);
    }
  });

  const vqa = (questions: object[], annotations: object[]) =>
    folderWith({
      'q.json': JSON.stringify({ data_subtype: 'val2014', questions }),
      'a.json': JSON.stringify({ data_subtype: 'val2014', annotations }),
      '000000000001.jpg': content,
    });
  const asked = (question_id: unknown) => ({ question_id, image_id: 1, question: 'What?' });
  const answered = (question_id: unknown, answers: unknown[] = ['a', 'a'], image_id: unknown = 1) => ({
    ...{ question_id, image_id, answer_type: 'other', question_type: 'what' },
    answers: answers.map(answer => ({ answer })),
  });

  test("VQAv2's questions without answers are left out and counted, where others have answers", async () => {
    const data = await vqa([asked(1), asked(2), asked(3)], [answered(1), answered(2, []), answered(3)]);
    const dataset = await benchmarks.vqav2.open(data);
    expect([dataset.sampleCount, dataset.leftOut, dataset.hiddenAnswers]).toEqual([2, 1, undefined]);
    expect(dataset.layout).toContain(
      '2 questions on 1 images; images as files, 1 of 1 found; 1 without answers left out',
    );
    expect((await imagesOf(dataset))[0]!.samples.map(({ id }) => id)).toEqual(['1', '3']);
    const none = await benchmarks.vqav2.open(await vqa([asked(1)], [answered(1, [])]));
    expect([none.sampleCount, none.leftOut, none.hiddenAnswers]).toEqual([1, undefined, true]);
  });

  test("VQAv2's ids and answers may be numbers or texts, and long", async () => {
    const ids = [2, '1', '9007199254740993'];
    const data = await vqa(
      ids.map(asked),
      ids.map(id => answered(id, [3, 'three'], '1')),
    );
    const [image] = await imagesOf(await benchmarks.vqav2.open(data));
    expect(image!.samples.map(({ id }) => id)).toEqual(['1', '2', '9007199254740993']);
    expect(image!.samples[0]!.targets).toEqual(['3', 'three']);
  });

  test("VQAv2's annotation must be about its question's image", async () => {
    expect(await refused(benchmarks.vqav2.open(await vqa([asked(1)], [answered(1, ['a'], 2)])))).toMatch(
      /expected question 1 to be about one image, found 1 in q.json and 2 in a.json/,
    );
  });

  test("VQAv2's annotations must be there, and for every question", async () => {
    const asked = {
      data_subtype: 'val2014',
      questions: [{ question_id: 1, image_id: 1, question: 'What?' }],
    };
    const answered = {
      data_subtype: 'val2014',
      annotations: [
        { question_id: 2, image_id: 1, answers: [], answer_type: 'other', question_type: 'what' },
      ],
    };
    const alone = { 'q.json': JSON.stringify(asked) };
    expect(await refused(benchmarks.vqav2.open(await folderWith(alone)))).toMatch(
      /fetch v2_mscoco_val2014_annotations.json/,
    );
    const folder = await folderWith({ ...alone, 'a.json': JSON.stringify(answered) });
    expect(await refused(benchmarks.vqav2.open(folder))).toMatch(
      /annotations for question 1 of q.json, found none in a.json/,
    );
  });
});

describe('folders', () => {
  test('links that turn in a circle are followed once', async () => {
    const folder = await folderWith(questions(GQA));
    await symlink(folder, join(folder, 'again'));
    await symlink('nowhere', join(folder, 'broken'));
    const { files } = await openFolder(folder);
    expect((await files()).map(({ path }) => path)).toEqual(['testdev_balanced_questions.json']);
  });

  test('images behind a linked folder are found', async () => {
    const images = await folderWith({ 'n1.jpg': content });
    const folder = await folderWith(questions(GQA));
    await symlink(images, join(folder, 'images'));
    const [image] = await imagesOf(await benchmarks.gqa.open(folder));
    expect(Buffer.from(await image!.load())).toEqual(content);
  });

  test('an image file beyond reason is not read', async () => {
    const folder = await folderWith(questions(GQA));
    const file = await open(join(folder, 'n1.jpg'), 'w');
    await file.truncate(1 << 30);
    await file.close();
    const [image] = await imagesOf(await benchmarks.gqa.open(folder));
    expect(await refused(image!.load())).toMatch(/at most 268435456 bytes/);
  });
});

test('parquet cut at any place is refused', async () => {
  const path = 'testdev_balanced_images/testdev-00000-of-00001.parquet';
  const folder = join(root, 'cut');
  await cp(fixture('gqa/parquet'), folder, { recursive: true });
  const handle = await open(join(folder, path), 'r+');
  const { size } = await handle.stat();
  for (let length = size - 1; length >= 0; length = Math.floor(length * 0.93) - 1) {
    await handle.truncate(length);
    expect(await refused(benchmarks.gqa.open(folder))).toMatch(
      /expected a whole parquet file at testdev_balanced_images/,
    );
  }
  await handle.close();
});

test('parquet without the images, and images without the questions', async () => {
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  await cp(fixture('gqa/parquet/testdev_balanced_instructions'), join(one, 'testdev_balanced_instructions'), {
    recursive: true,
  });
  expect(await refused(benchmarks.gqa.open(one))).toMatch(
    /found none for 3 of 3: "n55058" \(question 20177485, .*"n181355".*"n283587"/,
  );
  const [image] = await imagesOf(await benchmarks.gqa.open(one, LATER));
  expect(await refused(image!.load())).toMatch(/expected image "n55058"/);
  await cp(fixture('gqa/parquet/testdev_balanced_images'), join(other, 'testdev_balanced_images'), {
    recursive: true,
  });
  expect(await refused(benchmarks.gqa.open(other))).toMatch(/found 1 .parquet of another form/);
});
