/** What a token of the decoder's input is: text before the image, a vision token, text after the image, the answer. */
type TokenRole = 'system' | 'vision' | 'user' | 'answer';

/** One token of the decoder's input. */
export interface TokenInfo {
  readonly role: TokenRole;
  /** The question it belongs to, by its place in the batch; null in the prefix, which all questions share. */
  readonly question: number | null;
  /** Position before any intervention: its index in its own question's sequence. */
  readonly position: number;
}

/** Added to the attention logits from every query of one role to every key of another; MASKED forbids. */
export interface RoleBias {
  readonly query: TokenRole;
  readonly key: TokenRole;
  readonly bias: number;
}
