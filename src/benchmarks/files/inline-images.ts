import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import { quoted } from '../../printable.js';
import { fromBase64 } from './image-cells.js';
import type { ImageSource } from './images.js';

/** Images that a JSON file holds as base64 text, by their ids; null or another text is an image that is not there. */
export function inlineImages(texts: ReadonlyMap<string, string | null>): ImageSource {
  const bytesOf = (id: string) => fromBase64(texts.get(id) ?? '');
  const soughtAs = () => 'as base64 in its record';
  const advice = 'fetch the file again, or take the records out';
  return {
    describe: async () => 'images inside',
    stamp: async ids => {
      const hash = createHash('sha256');
      for (const id of ids) hash.update(`${id}\n${texts.get(id) ?? ''}\n`);
      return hash.digest('hex');
    },
    missing: async ids => ids.filter(id => bytesOf(id) === undefined),
    soughtAs,
    advice,
    load: async id => {
      const bytes = bytesOf(id);
      if (bytes) return bytes;
      throw new UserError(`expected image ${quoted(id)} ${soughtAs()}, found none: ${advice}`);
    },
  };
}
