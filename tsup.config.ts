import { readdir, rm, writeFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'

// Files that entries share are named by their content: those of an earlier build would be packed too.
async function removeShared(): Promise<void> {
  const old = await readdir('dist').catch((): string[] => [])
  const shared = old.filter((name) => !/^(index|gallery|cli)\./.test(name))
  for (const name of shared) await rm(`dist/${name}`, { recursive: true })
}

// One CommonJS build, and an ES module that re-exports it: both kinds of importers then share one
// set of error classes, so `instanceof` holds across them.
export default defineConfig(async () => {
  await removeShared()
  return {
    entry: { index: 'lib/index.ts', gallery: 'lib/gallery/index.ts', cli: 'lib/cli/index.ts' },
    // What the entries have in common is in files of its own: one FaceEmbedding, one of each error.
    splitting: true,
    format: ['cjs'],
    target: 'node20',
    platform: 'node',
    outDir: 'dist',
    shims: true,
    keepNames: true,
    dts: { entry: { index: 'lib/index.ts', gallery: 'lib/gallery/index.ts' } },
    outExtension: () => ({ js: '.cjs', dts: '.d.cts' }),
    onSuccess: async () => {
      for (const entry of ['index', 'gallery']) {
        const reexport = `export * from './${entry}.cjs'\n`
        await writeFile(`dist/${entry}.mjs`, reexport)
        await writeFile(`dist/${entry}.d.mts`, reexport)
      }
    }
  }
})
