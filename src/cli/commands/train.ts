import { Command, Option } from 'commander';
import type { FamilyOptions } from '../../training/train-family.js';
import { addCallOptions, type CallOptions, print, withProgress } from '../call.js';

interface TrainOptions extends CallOptions {
  readonly suite: string;
  readonly only?: readonly string[];
  readonly out: string;
  readonly work: string;
}

/** Starts an engine and trains; tests give their own. */
type Train = (options: Omit<FamilyOptions, 'engine'>) => Promise<void>;

/** `train`: the miniature family, from nothing. */
export function trainCommand(run: Train = train): Command {
  const command = new Command('train')
    .description('train the miniature family from nothing; a stopped training goes on with the same command')
    .addOption(new Option('--suite <NAME>', 'the family to train').choices(['mini']).default('mini'))
    .option('--only <NAMES>', 'members to train, by commas (default: all)', names => names.split(','))
    .option('--out <DIR>', 'folder of the finished models', 'trained/mini')
    .option('--work <DIR>', 'folder of scenes, features and checkpoints', 'datasets/mini-train');
  addCallOptions(command);
  return command.action(async () => {
    const options = command.opts<TrainOptions>();
    const finished: string[] = [];
    await withProgress(options, async ({ progress, signal }) => {
      let stretch = '';
      await run({
        only: options.only,
        workFolder: options.work,
        outFolder: options.out,
        signal,
        onProgress: (member, { stage, step, steps }) => {
          if (stretch !== `${member}: ${stage}`) {
            progress.stop();
            stretch = `${member}: ${stage}`;
            progress.start(stretch, steps);
          }
          progress.update(step);
        },
        onFinished: (member, folder) => {
          finished.push(folder);
          progress.say(`${member} is in ${folder}`);
        },
      }).finally(() => progress.stop());
    });
    if (options.json) print(JSON.stringify({ finished }));
  });
}

const train: Train = async options => {
  const { startEngine } = await import('../../engine/backend.js');
  const { trainFamily } = await import('../../training/train-family.js');
  const engine = await startEngine({ backend: 'native' });
  try {
    await trainFamily({ ...options, engine: engine.description });
  } finally {
    await engine.stop();
  }
};
