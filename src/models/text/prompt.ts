import { UserError } from '../../errors.js';
import { nearestName } from '../../nearest.js';
import { countQuestions, IMAGE, withQuestion } from './places.js';
import { CHAT, promptTemplates } from './templates.js';
import type { Tokenizer } from './tokenizer.js';

export { promptTemplates };

const QUESTION = '{question}';

/**
 * A template's text by its name, or one's own text, which must hold `<image>` and `{question}` once each (`{question|trim}`
 * for a question without its outer white space); UserError otherwise.
 */
export function promptTemplate(nameOrText: string): string {
  if (Object.hasOwn(promptTemplates, nameOrText)) {
    return promptTemplates[nameOrText as keyof typeof promptTemplates];
  }
  const images = nameOrText.split(IMAGE).length - 1;
  const questions = countQuestions(nameOrText);
  if (images === 1 && questions === 1) return nameOrText;
  if (images === 0 && questions === 0) {
    const names = Object.keys(promptTemplates);
    throw new UserError(
      `prompt template "${nameOrText}" is unknown; the nearest one is "${nearestName(nameOrText, names)}" (all: ${names.join(', ')}), or give a text with ${IMAGE} and ${QUESTION}`,
    );
  }
  throw new UserError(
    `a prompt template needs ${IMAGE} once and ${QUESTION} once, found them ${images} and ${questions} times in ${JSON.stringify(nameOrText)}`,
  );
}

/** A template for questions without an image: `<image>` goes, with the line break after it. */
export const textOnly = (template: string): string => template.replace(`${IMAGE}\n`, '').replace(IMAGE, '');

/** A template without Vicuna's system prompt; one that has none, or one's own text, stays as it is. */
export function withoutSystemPrompt(template: string): string {
  const system = [CHAT('user'), CHAT('human')].find(text => template.startsWith(text));
  return template.slice(system?.length ?? 0);
}

/**
 * The prompt of one question. A suffix (the benchmark's or one's own) follows the question on a line of its own; one that
 * begins with white space brings its own separation; '' is none. UserError when question or suffix contain `<image>`,
 * which would be a second image to the model: no benchmark here asks that.
 */
export function renderPrompt(template: string, question: string, suffix: string): string {
  const asked = suffix === '' || /^\s/.test(suffix) ? question + suffix : `${question}\n${suffix}`;
  if (asked.includes(IMAGE)) {
    throw new UserError(
      `the question ${JSON.stringify(asked)} contains ${IMAGE}, which marks the image's place in the prompt; reword it`,
    );
  }
  return withQuestion(template, asked);
}

/**
 * How the text around the image becomes tokens.
 *
 * - `separate`: LLaVA's way (its `tokenizer_image_token`): the text on each side on its own, one BOS at the start.
 * - `whole`: transformers' way: the whole prompt, `<image>` being a token of the vocabulary. LLaMA's newer tokenizers
 *   then do not put a space before the text after the image, which is one token less.
 *
 * For word-level and byte-level tokenizers the two give the same ids.
 */
export type ImageText = 'separate' | 'whole';

/** A prompt's token ids on both sides of the image. */
export interface EncodedPrompt {
  /** BOS and the text before the image; the same for every question when the template has the image first. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Token ids of a rendered prompt; without `<image>` all of them are in `after`. A prompt that begins with the text of the
 * BOS, as chat templates write it, gets no second one.
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  text: string,
  imageText: ImageText = 'separate',
): EncodedPrompt {
  const sides = text.split(IMAGE);
  const bos = tokenizer.roles.bos_token;
  const start = { addSpecialTokens: !(bos && text.startsWith(bos)) };
  if (sides.length === 1) return { before: [], after: tokenizer.encode(text, start) };
  if (sides.length > 2) throw new UserError(`the prompt ${JSON.stringify(text)} has more than one ${IMAGE}`);
  if (imageText === 'separate') {
    const [before, after] = sides as [string, string];
    return {
      before: tokenizer.encode(before, start),
      after: tokenizer.encode(after, { addSpecialTokens: false }),
    };
  }
  const image = tokenizer.idOf(tokenizer.imageToken);
  const ids = tokenizer.encode(sides.join(tokenizer.imageToken), start);
  const place = image === null ? -1 : ids.indexOf(image);
  if (place < 0) {
    throw new UserError(
      `the tokenizer has no token ${tokenizer.imageToken}, so a prompt cannot be tokenized as a whole; set imageText to "separate"`,
    );
  }
  return { before: ids.slice(0, place), after: ids.slice(place + 1) };
}
