import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { chatTemplate } from '../../../src/models/text/chat-template.js';
import { encodePrompt, promptTemplate, renderPrompt } from '../../../src/models/text/prompt.js';
import { renderJinja } from '../../../src/models/text/render.js';
import { openTokenizer } from '../../../src/models/text/tokenizer.js';

const fixtures = new URL('../../../parity/fixtures/', import.meta.url);

/** Prompts and ids of `apply_chat_template` (parity/make_chat_fixtures.py). */
const { cases } = JSON.parse(readFileSync(new URL('chat.json', fixtures), 'utf8')) as {
  cases: {
    base: string;
    style: string;
    place: string;
    files: Record<string, unknown>;
    prompts: { question: string; text: string; ids: number[] }[];
  }[];
};

async function folder(base: string, files: Record<string, unknown>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-chat-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(fileURLToPath(new URL(`tokenizers/${base}`, fixtures)), dir, { recursive: true });
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
  }
  return dir;
}

async function opened(base: string, files: Record<string, unknown>) {
  const dir = await folder(base, files);
  const tokenizer = await openTokenizer(dir);
  return { dir, tokenizer, template: await chatTemplate(dir, tokenizer, tokenizer.imageToken) };
}

describe("the folder's own chat template, as apply_chat_template renders and tokenizes it", () => {
  test.each(cases)('$style on $base, in $place', async ({ base, place, files, prompts }) => {
    const { tokenizer, template } = await opened(base, files);
    expect(template!.source).toContain(place);
    const image = tokenizer.idOf('<image>')!;
    for (const { question, text, ids } of prompts) {
      const prompt = renderPrompt(promptTemplate(template!.text), question, '');
      expect(prompt).toBe(text);
      const { before, after } = encodePrompt(tokenizer, prompt, 'whole');
      expect([...before, image, ...after]).toEqual(ids);
    }
  });
});

describe('which of several files counts, as for transformers 5.24', () => {
  const of = (word: string) =>
    `${word} {% for c in messages[0].content %}{% if c.type == 'image' %}<image>{% else %}{{ c.text }}{% endif %}{% endfor %}`;
  const files = {
    'processor_config.json': { chat_template: of('processor') },
    'chat_template.json': { chat_template: of('json') },
    'chat_template.jinja': of('jinja'),
    'tokenizer_config.json': {
      chat_template: [
        { name: 'tool_use', template: 'x' },
        { name: 'default', template: of('tokenizer') },
      ],
    },
  };

  test.each([0, 1, 2, 3])('without the first %i', async missing => {
    const left = Object.fromEntries(Object.entries(files).slice(missing));
    const { template } = await opened('qwen', left);
    expect(template!.text).toBe(`${['processor', 'json', 'jinja', 'tokenizer'][missing]} <image>{question}`);
  });

  test('none', async () => {
    expect((await opened('qwen', {})).template).toBeNull();
  });
});

describe('a template from a stranger', () => {
  const refused = (jinja: string) => opened('qwen', { 'chat_template.jinja': jinja });

  test.each([
    [
      'never ends',
      '{% for i in range(1000000) %}{% for j in range(1000000) %}{% endfor %}{% endfor %}',
      /takes more than \d+ (seconds|MB)/,
    ],
    [
      'fills the memory',
      '{% set ns = namespace(a="aaaaaaaa") %}{% for i in range(100) %}{% set ns.a = ns.a + ns.a %}{% endfor %}{{ ns.a }}',
      /cannot be rendered|prints|more than|string length/i,
    ],
    [
      'fills the memory with lists',
      '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}',
      /MB|seconds|Invalid array length|cannot be rendered/,
    ],
    ['is no Jinja', '{% for %}', /cannot be rendered \(.*\); give --template/],
    [
      'prints no image',
      '{{ messages[0].role }}',
      /with content as parts, it prints the image's token 0 times/,
    ],
    ['throws', "{{ raise_exception('only with tools') }}", /only with tools/],
    ['changes the question', '{{ messages[0].content | upper }}', /expected a chat template/],
    ['is too large', 'x'.repeat(300_000), /at most 262144 bytes, found 300000/],
  ])('that %s is refused in one line', { timeout: 30_000 }, async (_, jinja, message) => {
    const error = await refused(jinja).catch(e => e);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  test('reaches nothing', async () => {
    const names = [
      'process',
      'require',
      'globalThis',
      'this',
      'constructor',
      'module',
      'workerData',
      'console',
      'Function',
    ];
    const template = [
      ...names.map(name => `{{ ${name} is defined }}`),
      ...["''.constructor", 'messages.constructor', 'messages.__proto__', '(1).constructor'].map(
        p => `{{ ${p} is defined and ${p} }}`,
      ),
    ].join(',');
    const [made] = await renderJinja(template, [{ messages: [] }], 'test');
    const text = 'text' in made! ? made.text : made!.error;
    expect(text).not.toMatch(/true|function|native|Object/i);
  });
});
