import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { parseAs, readJsonIfPresent, readTextIfPresent } from '../config/json-file.js';
import { IMAGE, type QUESTION_PLACES } from './places.js';
import { MAX_TEMPLATE_BYTES, type Rendered, renderJinja } from './render.js';
import type { Tokenizer } from './tokenizer.js';

/** A folder's own chat template and the file it stands in. */
interface StoredTemplate {
  readonly jinja: string;
  readonly source: string;
}

const single = z.object({ chat_template: z.string().nullish() });
const several = z.object({
  chat_template: z
    .union([
      z.string(),
      z.record(z.string(), z.string()),
      z
        .array(z.object({ name: z.string(), template: z.string() }))
        .transform((list): Record<string, string> => Object.fromEntries(list.map(t => [t.name, t.template]))),
    ])
    .nullish(),
});

/**
 * The chat template of a folder, null where it has none. Of several files the first of these counts, as in transformers
 * 5.24's processors: processor_config.json, chat_template.json (the older file), chat_template.jinja, tokenizer_config.json.
 */
async function storedTemplate(dir: string): Promise<StoredTemplate | null> {
  for (const name of [
    'processor_config.json',
    'chat_template.json',
    'chat_template.jinja',
    'tokenizer_config.json',
  ]) {
    const source = join(dir, name);
    const jinja = name.endsWith('.jinja')
      ? await readTextIfPresent(source, MAX_TEMPLATE_BYTES)
      : await keyOf(source);
    if (jinja === null) continue;
    if (Buffer.byteLength(jinja) > MAX_TEMPLATE_BYTES) {
      throw new UserError(
        `${source}: expected a chat template of at most ${MAX_TEMPLATE_BYTES} bytes, found ${Buffer.byteLength(jinja)}; give --template`,
      );
    }
    return { jinja, source };
  }
  return null;
}

async function keyOf(file: string): Promise<string | null> {
  const value = await readJsonIfPresent(file);
  if (value === null) return null;
  if (!file.endsWith('tokenizer_config.json')) return parseAs(single, value, file).chat_template ?? null;
  const { chat_template: given } = parseAs(several, value, file);
  return typeof given === 'object' ? (given?.default ?? null) : (given ?? null);
}

/** A chat template as the text around the image's and the question's place; see `promptTemplate`. */
export interface ChatTemplate {
  readonly text: string;
  /** The file it stands in. */
  readonly source: string;
}

/** A word that no template treats specially, in the question's place while a template is rendered. */
const WORD = 'Qx7Place';

/**
 * Renders a folder's chat template for one turn of the user, an image and a question, up to where the answer begins; null
 * where the folder has none. The turn's content is a list of parts, or a text for templates that take a text. UserError
 * where the template cannot be rendered, or not for such a turn.
 * @param imageToken the token in the image's place
 */
export async function chatTemplate(
  dir: string,
  { roles }: Pick<Tokenizer, 'roles'>,
  imageToken: string,
): Promise<ChatTemplate | null> {
  const stored = await storedTemplate(dir);
  if (stored === null) return null;
  const { jinja, source } = stored;
  const forms: ((question: string) => unknown)[] = [
    question => [{ type: 'image' }, { type: 'text', text: question }],
    question => `${imageToken}\n${question}`,
  ];
  const questions = [WORD, `  ${WORD}`, `${WORD}  `];
  const contexts = forms.flatMap(form =>
    questions.map(question => ({
      ...roles,
      messages: [{ role: 'user', content: form(question) }],
      add_generation_prompt: true,
      tools: null,
      documents: null,
    })),
  );
  const rendered = await renderJinja(jinja, contexts, source);
  const reasons: string[] = [];
  for (let f = 0; f < forms.length; f++) {
    const [plain, left, right] = rendered.slice(f * questions.length) as [Rendered, Rendered, Rendered];
    if ('error' in plain) {
      reasons.push(plain.error);
      continue;
    }
    const [images, places] = [imageToken, WORD].map(part => plain.text.split(part).length - 1);
    if (images !== 1 || places !== 1) {
      reasons.push(`it prints the image's token ${images} times and the question ${places} times`);
      continue;
    }
    return { text: withPlaces(plain.text, imageToken, keptSpace(plain.text, left, right, source)), source };
  }
  throw new UserError(
    `${source}: expected a chat template that prints an image and a question once each; with content as parts, ${reasons[0]}; as a text, ${reasons[1]}; give --template`,
  );
}

type QuestionPlace = (typeof QUESTION_PLACES)[number];

/** Which of a question's outer white space the template keeps. */
function keptSpace(plain: string, left: Rendered, right: Rendered, source: string): QuestionPlace {
  const kept = (rendered: Rendered, spaced: string): boolean => {
    if ('text' in rendered && rendered.text === plain) return false;
    if ('text' in rendered && rendered.text === plain.replace(WORD, spaced)) return true;
    throw new UserError(`${source}: the chat template changes the text of a question; give --template`);
  };
  const before = kept(left, `  ${WORD}`);
  const after = kept(right, `${WORD}  `);
  if (before) return after ? '{question}' : '{question|rtrim}';
  return after ? '{question|ltrim}' : '{question|trim}';
}

const withPlaces = (text: string, imageToken: string, place: QuestionPlace): string =>
  text.replace(imageToken, () => IMAGE).replace(WORD, () => place);
