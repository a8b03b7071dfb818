import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { commonOptions } from '../../harness/options.js';
import { noticesOf } from '../../harness/protocol.js';
import { chooseModels, readSuite } from '../../harness/suite.js';
import { onOneLine } from '../../printable.js';
import type { Progress } from '../../work.js';
import { addCallOptions, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';
import { createProgress } from '../progress.js';

const shared = commonOptions.pick({
  suite: true,
  visionTower: true,
  protocol: true,
  template: true,
  suffix: true,
  maxNewTokens: true,
  temperature: true,
  seed: true,
  generationConfig: true,
  backend: true,
  threads: true,
  wasmThreads: true,
  dtype: true,
  weights: true,
}).shape;

const askOptions = z.strictObject({
  image: z
    .string()
    .optional()
    .meta({ description: 'image file; without one the question is put alone', placeholder: 'FILE' }),
  ...shared,
  model: z.string().optional().meta({
    description: "a model of the suite, or a checkpoint folder in Hugging Face's layout",
    placeholder: 'NAME|DIR',
  }),
  permute: z.boolean().default(false).meta({ description: 'shuffle the vision tokens' }),
  showPrompt: z.boolean().default(false).meta({ description: 'show the prompt and its token ids' }),
});

/** One answer, with the prompt as it was put. */
export interface OneAnswer {
  readonly answer: string;
  readonly prompt: string;
  /** One image token stands for all vision tokens. */
  readonly promptTokenIds: readonly number[];
  readonly tokenIds: readonly number[];
  /** What to know of how it was asked, and of what lies outside the model's world. */
  readonly notices: readonly string[];
  /** What a transparent pixel shows to this model. */
  readonly transparency: string;
}

export type AskOptions = Readonly<z.output<typeof askOptions>>;

/** `ask`: one question about one image. */
export function askCommand(
  run: (question: string, options: AskOptions, progress: Progress) => Promise<OneAnswer> = ask,
): Command {
  const command = new Command('ask')
    .description('answer one question')
    .argument('<question>', 'the question, in quotes');
  addCallOptions(addSchemaOptions(command, askOptions));
  return command.action(async (question: string) => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, askOptions, await readConfigFile(call));
    const answered = await run(question, options, createProgress(call.quiet === true));
    if (call.json) print(JSON.stringify(answered));
    else {
      if (!call.quiet) for (const notice of answered.notices) process.stderr.write(`${onOneLine(notice)}\n`);
      if (options.showPrompt) {
        print(`prompt: ${answered.prompt}\nprompt token ids: ${answered.promptTokenIds.join(' ')}`);
        print(`answer token ids: ${answered.tokenIds.join(' ')}`);
        print(`transparent pixels show: ${answered.transparency}`);
      }
      print(answered.answer);
    }
  });
}

async function ask(question: string, options: AskOptions, progress: Progress): Promise<OneAnswer> {
  const { suite, model: name, image: path, permute: shuffled, ...settings } = options;
  const bytes = path === undefined ? null : await readImage(path);
  const [choice] = chooseModels(readSuite(suite), name === undefined ? undefined : [name]);
  // TensorFlow.js loads here, so that help is quick.
  const { openChoice } = await import('../../library/model.js');
  const { permute } = await import('../../interventions/permute.js');
  const { runningEngine } = await import('../../engine/backend.js');
  try {
    const model = await openChoice(choice!, { ...settings, questions: 1, progress });
    const image = bytes && (await model.image(bytes));
    const strange = choice!.suite === 'mini' ? await strangeTo(question, bytes) : [];
    const interventions = shuffled ? [permute()] : [];
    const { output, prompt, tokenIds } = await (image
      ? image.ask(question, { ...settings, interventions })
      : model.ask(question, settings));
    const imageToken = image ? [model.llava.config.imageTokenId] : [];
    return {
      answer: output,
      prompt,
      promptTokenIds: [...tokenIds.before, ...imageToken, ...tokenIds.after],
      tokenIds: tokenIds.answer,
      notices: [
        ...(options.showPrompt ? noticesOf(options, model) : []),
        ...(strange.length > 0
          ? [`outside the miniature's world, so its answer means nothing: ${strange.join('; ')}`]
          : []),
      ],
      transparency: model.processor.transparency ?? 'colour beneath',
    };
  } finally {
    await runningEngine()?.stop();
  }
}

/** What the mini family cannot know, in words. */
async function strangeTo(question: string, bytes: Uint8Array | null): Promise<string[]> {
  const { decodeRgb } = await import('../../models/images/decode.js');
  const { strangeToMini } = await import('../../world/mini/strange.js');
  return strangeToMini(question, bytes && (await decodeRgb(bytes, '--image')));
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(
      `the image ${path} cannot be read (${messageOf(error)}); give --image the path of an image file`,
    );
  }
}
