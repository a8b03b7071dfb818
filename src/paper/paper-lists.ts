import { z } from 'zod';
import { PAPER_FILES, readPaperFile } from './paper-file.js';

const claims = z.strictObject({
  about: z.string(),
  claims: z.array(
    z.strictObject({
      number: z.int(),
      where: z.string(),
      question: z.string(),
      holdsIf: z.string(),
      /** What the paper reports of LLaVA-1.5 7B. */
      reference: z.string(),
      /** Whose runs answer it. */
      experiments: z.array(z.string()),
      /** Flags that such a run needs; left out, `--model all`, for the paper's variants. */
      needs: z.string().exactOptional(),
    }),
  ),
});

const figures = z.strictObject({
  about: z.string(),
  figures: z.array(
    z.strictObject({
      number: z.int(),
      where: z.string(),
      shows: z.string(),
      /** Which of its numbers the paper prints. */
      printed: z.string(),
      /** The name of our counterpart. */
      ours: z.string(),
      experiment: z.string(),
    }),
  ),
});

export type Claim = Readonly<z.infer<typeof claims>['claims'][number]>;
export type PaperFigure = Readonly<z.infer<typeof figures>['figures'][number]>;

/** The paper's claims, by number; UserError where the file was damaged. */
export const readClaims = (): readonly Claim[] =>
  readPaperFile(new URL('claims.json', PAPER_FILES), claims, 'claims').claims;

/** The paper's figures, by number; UserError where the file was damaged. */
export const readPaperFigures = (): readonly PaperFigure[] =>
  readPaperFile(new URL('figures.json', PAPER_FILES), figures, 'figures').figures;
