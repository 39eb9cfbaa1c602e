import { writeFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'

// One CommonJS build, and an ES module that re-exports it: both kinds of importers then share one
// set of error classes, so `instanceof` holds across them.
export default defineConfig({
  entry: { index: 'lib/index.ts', cli: 'lib/cli/index.ts' },
  format: ['cjs'],
  target: 'node20',
  platform: 'node',
  outDir: 'dist',
  shims: true,
  keepNames: true,
  dts: { entry: { index: 'lib/index.ts' } },
  outExtension: () => ({ js: '.cjs', dts: '.d.cts' }),
  onSuccess: async () => {
    const reexport = "export * from './index.cjs'\n"
    await writeFile('dist/index.mjs', reexport)
    await writeFile('dist/index.d.mts', reexport)
  }
})
