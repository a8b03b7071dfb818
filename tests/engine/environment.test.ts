import { expect, test } from 'vitest';
import { freeGpuMemory, hasCudaGpu, lacksAvx, tensorFlowEnvironment } from '../../src/engine/environment.js';

test("libtensorflow's environment: oneDNN on, float32 in float32, growing GPU memory, unless the user set otherwise", () => {
  expect(tensorFlowEnvironment({})).toMatchObject({
    TF_ENABLE_ONEDNN_OPTS: '1',
    NVIDIA_TF32_OVERRIDE: '0',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  });
  const added = tensorFlowEnvironment({ TF_ENABLE_ONEDNN_OPTS: '0', NVIDIA_TF32_OVERRIDE: '1' });
  expect(added).not.toHaveProperty('TF_ENABLE_ONEDNN_OPTS');
  expect(added).not.toHaveProperty('NVIDIA_TF32_OVERRIDE');
});

test('a number of threads overrules the environment; without one it is left alone', () => {
  expect(tensorFlowEnvironment({ TF_NUM_INTRAOP_THREADS: '7' }, 3)).toHaveProperty(
    'TF_NUM_INTRAOP_THREADS',
    '3',
  );
  expect(tensorFlowEnvironment({ TF_NUM_INTRAOP_THREADS: '7' })).not.toHaveProperty('TF_NUM_INTRAOP_THREADS');
});

test('a GPU counts if there is a driver and CUDA is allowed to see one', () => {
  const linux = (path: unknown) => path === '/proc/driver/nvidia/version';
  const nothing = () => false;
  expect(hasCudaGpu({}, linux)).toBe(true);
  expect(hasCudaGpu({}, nothing)).toBe(false);
  expect(hasCudaGpu({ CUDA_VISIBLE_DEVICES: '1' }, linux)).toBe(true);
  expect(hasCudaGpu({ CUDA_VISIBLE_DEVICES: '' }, linux)).toBe(false);
  expect(hasCudaGpu({ CUDA_VISIBLE_DEVICES: '-1' }, linux)).toBe(false);
  const windows = (path: unknown) => String(path).endsWith('nvidia-smi.exe');
  expect(hasCudaGpu({ SystemRoot: 'C:\\Windows' }, windows)).toBe(true);
});

test('a processor without AVX is known from its flags, on x86-64 Linux', () => {
  const here = process.platform === 'linux' && process.arch === 'x64';
  expect(lacksAvx(() => 'flags\t\t: fpu sse4_2 avx avx2\n')).toBe(false);
  expect(lacksAvx(() => 'flags\t\t: fpu sse4_2 avxfoo\n')).toBe(here);
});

test('free memory of the first visible GPU, where nvidia-smi tells', () => {
  const asked: (readonly string[])[] = [];
  const smi = (text: string) => (_: string, args: readonly string[]) => {
    asked.push(args);
    return text;
  };
  expect(freeGpuMemory({ CUDA_VISIBLE_DEVICES: '3,1' }, smi('15360\n'))).toBe(15 * 2 ** 30);
  expect(asked[0]!.slice(-2)).toEqual(['-i', '3']);
  expect(freeGpuMemory({}, smi('[Not Supported]\n'))).toBeNull();
  expect(
    freeGpuMemory({}, () => {
      throw new Error('not found');
    }),
  ).toBeNull();
});
