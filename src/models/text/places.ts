/** The image's place in a prompt. */
export const IMAGE = '<image>';

/** The question's place in a template, as it is or without its outer white space, as a chat template may ask for. */
export const QUESTION_PLACES = [
  '{question}',
  '{question|trim}',
  '{question|ltrim}',
  '{question|rtrim}',
] as const;

const PLACE = /\{question(?:\|(trim|ltrim|rtrim))?\}/g;

/** How often a template has a place for the question. */
export const countQuestions = (template: string): number => template.match(PLACE)?.length ?? 0;

/** A template with a question in its place. */
export const withQuestion = (template: string, question: string): string =>
  template.replace(PLACE, (_, trim?: string) => {
    if (trim === 'trim') return question.trim();
    if (trim === 'ltrim') return question.trimStart();
    return trim === 'rtrim' ? question.trimEnd() : question;
  });
