import { UserError } from '../errors.js';
import { type HubSource, matches } from './preset.js';

/** PyTorch's own weights, which are not read here. */
const TORCH = ['pytorch_model*.bin', 'pytorch_model.bin.index.json'];

/**
 * The names that a source wants of those that are there, each once. UserError where a file that is needed is missing, or where
 * there are PyTorch weights only, unless `bin` asks for these.
 *
 * @param where the repository or the folder that has the names, for messages
 */
export function wanted(
  source: HubSource,
  names: readonly string[],
  { where, bin = false, folder }: { where: string; bin?: boolean; folder: string },
): string[] {
  const ofPattern = (pattern: string) => names.filter(name => matches(pattern, name));
  const chosen = new Set(source.optional.flatMap(ofPattern));
  for (const pattern of source.files) {
    let found = ofPattern(pattern);
    if (found.length === 0 && pattern.endsWith('.safetensors')) {
      const torch = TORCH.flatMap(ofPattern);
      if (torch.length > 0 && !bin) {
        throw new UserError(
          `${where} has its weights as PyTorch .bin only, which are not read here: take them with --bin, then convert them with "python scripts/convert_bin_to_safetensors.py ${folder}"`,
        );
      }
      found = torch;
    }
    if (found.length === 0) throw new UserError(`${where} has no ${pattern}, which is needed`);
    for (const name of found) chosen.add(name);
  }
  const missing = missingShards([...chosen]);
  if (missing.length > 0) throw new UserError(`${where} lacks ${missing.join(', ')}`);
  return [...chosen].sort();
}

/** Of files whose names count them (`model-00001-of-00003.safetensors`), those that are not there. */
function missingShards(names: readonly string[]): string[] {
  const there = new Set(names);
  const missing = new Set<string>();
  for (const name of names) {
    const [, head, count, tail] = /^(.*-)\d{5}-of-(\d{5})([^/]*)$/.exec(name) ?? [];
    // A name with a hash after the count says nothing about the others' names.
    if (head === undefined || !/^\.\w+$/.test(tail!)) continue;
    for (let i = 0; i < Math.min(Number(count), 10_000); i++) {
      const at = (index: number) => `${head}${String(index).padStart(5, '0')}-of-${count}${tail}`;
      // PyTorch's and safetensors' shards count from 1, those of datasets from 0.
      const first = there.has(at(0)) ? 0 : 1;
      if (!there.has(at(first + i))) missing.add(at(first + i));
    }
  }
  return [...missing];
}
