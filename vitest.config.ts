import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['tests/**/*.test.ts'], exclude: ['tests/slow/**'], pool: 'forks', testTimeout: 120_000 },
});
