import { listModels } from '../index.js'
import { parseGeneral, UsageError } from './arguments.js'
import { colour, print, printFields, printJson, rate } from './output.js'

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)} MB`
}

export async function models(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args)
  if (options.positionals.length > 0) throw new UsageError('models takes no further argument')
  const manifests = await listModels(options.text('model-dir'))
  for (const manifest of manifests) {
    if (options.json) {
      printJson(manifest)
      continue
    }
    const { architecture, files, licence, precision } = manifest
    print(`${colour.bold(manifest.name)} ${manifest.version}  ${manifest.kind}`)
    const fields: [string, string][] = [
      ['network', architecture.network],
      ['size', `${megabytes(files.bin.bytes)}, weights in ${precision}`]
    ]
    if (architecture.parameters !== undefined) {
      fields.push(['parameters', `${(architecture.parameters / 1e6).toFixed(2)} million`])
    }
    if (manifest.kind === 'embedder') {
      for (const { dataset, protocol, accuracy, standardError } of manifest.accuracy) {
        const figure = `${(accuracy * 100).toFixed(2)} ± ${(standardError * 100).toFixed(2)} %`
        fields.push([dataset, `${figure} (${protocol})`])
      }
      const { calibration } = manifest
      fields.push([
        'default FAR',
        calibration
          ? `${rate(calibration.defaultFar)}, from ${calibration.impostorPairs} impostor pairs`
          : 'not calibrated'
      ])
    }
    fields.push(['licence', licence.terms ? `${licence.spdx}; ${licence.terms}` : licence.spdx])
    printFields(fields)
    print()
  }
  return 0
}
