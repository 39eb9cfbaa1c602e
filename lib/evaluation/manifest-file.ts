import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../files/whole-file.js'
import { type Calibration, parseManifest } from '../models/manifest.js'
import { bundledModelDir } from '../paths.js'

/** Changes some fields of models/NAME.json and keeps all others, in their order. */
export async function updateManifest(
  name: string,
  modelDir: string | undefined,
  change: (manifest: Record<string, unknown>) => void
): Promise<string> {
  const path = join(modelDir ?? bundledModelDir, `${name}.json`)
  const manifest: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'))
  change(manifest)
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  parseManifest(text, name) // never write what could not be loaded
  await writeWhole(path, text)
  return path
}

/** The calibration of fp32 is the main one; that of another precision stands beside it. */
export function storeCalibration(
  manifest: Record<string, unknown>,
  calibration: Calibration
): void {
  if (calibration.precision === 'fp32') {
    manifest.calibration = calibration
    return
  }
  const before: unknown[] = Array.isArray(manifest.calibrations) ? manifest.calibrations : []
  const others = before.filter(
    (other) => (other as Partial<Calibration>).precision !== calibration.precision
  )
  manifest.calibrations = [...others, calibration]
}
