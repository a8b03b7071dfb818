import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import type { OneAnswer } from '../../experiments/ask-one.js';
import { requireFetched } from '../../harness/missing-model.js';
import { commonOptions } from '../../harness/options.js';
import { askingOf } from '../../harness/protocol.js';
import { chooseModels, readSuite } from '../../harness/suite.js';
import { threadsFor } from '../../harness/threads.js';
import { addCallOptions, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const shared = commonOptions.pick({
  suite: true,
  visionTower: true,
  protocol: true,
  template: true,
  suffix: true,
  maxNewTokens: true,
  temperature: true,
  seed: true,
  backend: true,
  threads: true,
  wasmThreads: true,
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

export type AskOptions = Readonly<z.output<typeof askOptions>>;

/** `ask`: one question about one image. */
export function askCommand(
  run: (question: string, options: AskOptions) => Promise<OneAnswer> = ask,
): Command {
  const command = new Command('ask').description('answer one question').argument('<question>');
  addCallOptions(addSchemaOptions(command, askOptions));
  return command.action(async (question: string) => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, askOptions, await readConfigFile(call));
    const answered = await run(question, options);
    if (call.json) print(JSON.stringify(answered));
    else {
      if (options.showPrompt) {
        print(`prompt: ${answered.prompt}\nprompt token ids: ${answered.promptTokenIds.join(' ')}`);
        print(`answer token ids: ${answered.tokenIds.join(' ')}`);
      }
      print(answered.answer);
    }
  });
}

async function ask(question: string, options: AskOptions): Promise<OneAnswer> {
  const bytes = options.image === undefined ? null : await readImage(options.image);
  const [choice] = chooseModels(
    readSuite(options.suite),
    options.model === undefined ? undefined : [options.model],
  );
  await requireFetched(choice!.path);
  // TensorFlow.js loads here, so that help is quick.
  const { startEngine } = await import('../../engine/backend.js');
  const engine = await startEngine({ ...options, threads: threadsFor(options.threads, [choice!.path]) });
  try {
    const { openModel } = await import('../../models/open-model.js');
    const { askOne } = await import('../../experiments/ask-one.js');
    const model = await openModel(choice!.path, {
      visionTower: options.visionTower ?? choice!.visionTower,
      memoryLimit: engine.memory.limit,
    });
    return await askOne(model, { ...options, ...askingOf(options, model), question, image: bytes });
  } finally {
    await engine.stop();
  }
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
