import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export const f32 = (shape: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

/** A file of the format's layout around any header, sound or not. */
export function withHeader(header: unknown, data = new Uint8Array()): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** A sound safetensors file. */
export function safetensors(tensors: Readonly<Record<string, Tensor>>): Buffer {
  let end = 0;
  const header = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const metadata = ['__metadata__', { format: 'pt' }];
  return withHeader(
    Object.fromEntries([metadata, ...header]),
    Buffer.concat(Object.values(tensors).map(t => t.bytes)),
  );
}

/** A new folder with these files, for the running test; objects become JSON. */
export async function folderWith(files: Readonly<Record<string, Uint8Array | object>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-model-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return dir;
}
