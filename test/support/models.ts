import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledModelDir } from '../../lib/paths.js'

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A manifest that states the truth about these two files. */
export function embedderManifest(name: string, param: Uint8Array, bin: Uint8Array): object {
  return {
    schema: 1,
    name,
    kind: 'embedder',
    version: '1.0.0',
    architecture: { network: 'a test' },
    input: {
      width: 112,
      height: 112,
      channels: 'bgr',
      mean: [127.5, 127.5, 127.5],
      norm: [0.0078125, 0.0078125, 0.0078125],
      blob: 'in0'
    },
    output: { blob: 'out0', size: 512 },
    precision: 'fp32',
    files: {
      param: { name: `${name}.param`, bytes: param.byteLength, sha256: sha256(param) },
      bin: { name: `${name}.bin`, bytes: bin.byteLength, sha256: sha256(bin) }
    },
    provenance: { method: 'made for a test' },
    licence: { spdx: 'MIT' },
    accuracy: [],
    calibration: {
      dataset: 'none',
      impostorPairs: 1000,
      genuinePairs: 10,
      precision: 'fp32',
      thresholds: [
        { far: 0.1, threshold: 0.2, impostors: 100 },
        { far: 0.01, threshold: 0.4, impostors: 10 }
      ],
      defaultFar: 0.01
    }
  }
}

/** A folder of its own that goes away with `await using`. */
export class TemporaryFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), 'seesawface-test-')))
  }

  /** With a copy of the models that come with the package. */
  static async withModels(): Promise<TemporaryFolder> {
    const folder = await TemporaryFolder.make()
    await cp(bundledModelDir, folder.path, { recursive: true })
    return folder
  }

  file(name: string): string {
    return join(this.path, name)
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.file(name))
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeFile(this.file(name), content)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}
