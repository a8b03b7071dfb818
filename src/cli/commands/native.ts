import { Command } from 'commander';
import type { TensorFlowChoice } from '../../engine/native/find-tensorflow.js';
import type { Manifest } from '../../engine/native/folder.js';
import { UsageError, UserError } from '../../errors.js';
import { print } from '../call.js';
import { probeApart } from './doctor.js';

interface NativeOptions {
  readonly cuda?: boolean;
  readonly wheel?: string;
  readonly tensorflow?: string;
  readonly json?: boolean;
}

/** Builds the engine and gives its folder and manifest; tests give their own. */
type Build = (choice: TensorFlowChoice) => Promise<{ folder: string; manifest: Manifest }>;

/** `native`: builds the native engine. */
export function nativeCommand(run: Build = build): Command {
  return new Command('native')
    .description(
      "build a native engine: tfjs-node's addon on the TensorFlow of an installation or of a PyPI wheel",
    )
    .option('--cuda', 'use a CUDA build of TensorFlow; its CUDA libraries are downloaded with it')
    .option('--wheel <FILE>', 'a wheel of tensorflow or tensorflow-cpu, in place of a download')
    .option('--tensorflow <DIR>', "an installed TensorFlow's folder (tf.sysconfig.get_lib())")
    .option('--json', 'print one JSON object to standard output')
    .option('--debug', 'show where an error came from')
    .action(async ({ cuda = false, wheel, tensorflow, json }: NativeOptions) => {
      if (wheel !== undefined && tensorflow !== undefined) {
        throw new UsageError('--wheel and --tensorflow name two TensorFlows; give one of them');
      }
      const { folder, manifest } = await run({ cuda, wheel, tensorflow });
      if (json) print(JSON.stringify({ folder, ...manifest }));
      else {
        print(`native engine: TensorFlow ${manifest.tensorflow.version} from ${manifest.tensorflow.source}`);
        print(`built in ${folder}; it is found there from now on (vlm-spatial doctor shows it)`);
      }
    });
}

const build: Build = async choice => {
  const { nativeFolder } = await import('../../engine/native/folder.js');
  const { buildNative } = await import('../../engine/native/build.js');
  const folder = nativeFolder();
  const manifest = await buildNative(folder, choice, {
    verify: async built => {
      const probe = await probeApart('native', { VLM_SPATIAL_NATIVE: built });
      if (!probe.works) throw new UserError(`the engine that was built does not work: ${probe.detail}`);
      return probe.version!;
    },
    onStep: step => process.stderr.write(`${step}\n`),
  });
  return { folder, manifest };
};
