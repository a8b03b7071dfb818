import type { TokenInfo } from '../models/decoding/stretch.js';
import { type EncodedPrompt, withoutSystemPrompt } from '../models/text/prompt.js';
import type { Tokenizer } from '../models/text/tokenizer.js';

/**
 * What a token is to the positional diagnostics: the BOS, which draws attention whatever it says; the system prompt; the
 * text between it and the image ("USER: "); a vision token; the text after the image; the answer. `role` and `user`
 * together are the user's text (the authors' scripts).
 */
export type TokenKind = 'bos' | 'system' | 'role' | 'vision' | 'user' | 'answer';

/** Where the text before the image divides. */
export interface PromptLayout {
  /** Tokens up to the end of the BOS: 1, or 0 where the tokenizer puts none. */
  readonly bosEnd: number;
  /** Tokens up to the end of the system prompt; `bosEnd` where there is none. */
  readonly systemEnd: number;
}

/**
 * The layout of prompts of a template. The system prompt is Vicuna's, as far as its tokens are those it has on its own: a
 * tokenizer may join its last space to what follows. In a template of one's own all text before the image is `role`.
 */
export function promptLayout(
  tokenizer: Pick<Tokenizer, 'encode' | 'bosTokenId'>,
  template: string,
  { before }: Pick<EncodedPrompt, 'before'>,
): PromptLayout {
  const bosEnd = before.length > 0 && before[0] === tokenizer.bosTokenId ? 1 : 0;
  const system = template.slice(0, template.length - withoutSystemPrompt(template).length);
  if (system === '') return { bosEnd, systemEnd: bosEnd };
  const alone = tokenizer.encode(system);
  const differs = alone.findIndex((id, i) => id !== before[i]);
  return { bosEnd, systemEnd: Math.max(bosEnd, differs < 0 ? alone.length : differs) };
}

/**
 * The kind of a token of the prompt: its role, the system stretch divided into `<s>`, the system prompt and the words that
 * name the roles.
 */
export function kindOf({ role, position }: TokenInfo, { bosEnd, systemEnd }: PromptLayout): TokenKind {
  if (role !== 'system') return role;
  if (position < bosEnd) return 'bos';
  return position < systemEnd ? 'system' : 'role';
}
