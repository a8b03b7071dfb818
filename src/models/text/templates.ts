import { IMAGE } from './places.js';

const QUESTION = '{question}';

/** The system prompt of Vicuna's templates, with the word they have for who asks. */
export const CHAT = (user: string) =>
  `A chat between a curious ${user} and an artificial intelligence assistant. ` +
  `The assistant gives helpful, detailed, and polite answers to the ${user}'s questions. `;
const TURN = `USER: ${IMAGE}\n${QUESTION} ASSISTANT:`;

/** Prompt templates by name: the text around the image's place and the question's place. */
export const promptTemplates = {
  /** LLaVA-1.5's conversation template of that name. */
  vicuna_v1: CHAT('user') + TURN,
  /** The one the paper's authors evaluate with: LLaVA's `llava_v1`. */
  llava_v1: CHAT('human') + TURN,
  /** No system prompt. */
  plain: TURN,
  /** ChatML as llava-hf's models on Qwen write it: a space after the role, nothing between the turns. */
  qwen_chat: `<|im_start|>user ${IMAGE}\n${QUESTION}<|im_end|><|im_start|>assistant`,
} as const satisfies Record<string, string>;
