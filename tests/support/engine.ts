import { afterAll, beforeAll } from 'vitest';
import { type BackendName, type Engine, startEngine } from '../../src/engine/backend.js';

/** The backend that tests of models and operations run on; CI runs them once on each. */
export const testBackend = (process.env.VLM_SPATIAL_TEST_BACKEND ?? 'wasm') as BackendName;

/** Starts the tests' engine for a file, and stops it at its end. */
export function useEngine(): void {
  let engine: Engine | undefined;
  beforeAll(async () => {
    engine = await startEngine({ backend: testBackend, threads: 1, wasmThreads: false });
  });
  afterAll(async () => {
    await engine?.stop();
  });
}
