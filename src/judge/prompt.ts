import type { Target } from '../scorers/types.js';

/** A message of a chat, as OpenAI's API and those like it take it. */
export interface ChatMessage {
  readonly role: 'system' | 'user';
  readonly content: string;
}

/**
 * What a language model is asked about an answer: the question, what is right, what was answered, and whether that is
 * right, in one word. The paper's released graders ask the same (`evaluation/grader`), in other words.
 */
export const judgeMessages = (output: string, { question, targets }: Target): ChatMessage[] => [
  {
    role: 'system',
    content: 'You check answers to questions about images. Reply with one word, yes or no, and nothing else.',
  },
  {
    role: 'user',
    content: [
      `Question:\n${question}`,
      `Right answer: ${[...new Set(targets)].join(', or: ')}`,
      `Answer to check: "${output}"`,
      'Is the answer to check a right answer to the question? Reply yes or no.',
    ].join('\n\n'),
  },
];

export type YesNo = 'yes' | 'no';

/** The first yes or no in a reply, whatever its case; undefined where it has neither. */
export function yesNoIn(reply: string): YesNo | undefined {
  const found = /(?<![\p{L}\p{N}_])(?:yes|no)(?![\p{L}\p{N}_])/iu.exec(reply)?.[0].toLowerCase();
  return found as YesNo | undefined;
}
