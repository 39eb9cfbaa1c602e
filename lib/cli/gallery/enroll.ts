import type { EnrolOptions, Json } from '../../gallery/index.js'
import { parseSearching, photoOptions, UsageError } from '../arguments.js'
import { print, printJson } from '../output.js'
import { keyOptions, positionals, withGallery } from './open.js'
import { personJson, photosOf, tellWarnings } from './tell.js'

function detailsFrom(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`--details must be JSON, such as '{"door": 3}', not ${text}`)
  }
}

export async function enroll(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, {
    ...keyOptions,
    add: { type: 'boolean' },
    details: { type: 'string' },
    strict: { type: 'boolean' },
    'keep-crops': { type: 'boolean' },
    'min-quality': { type: 'string' }
  })
  const names = ['GALLERY', 'NAME', 'PHOTO']
  const [path, name, ...photos] = positionals(options, 'enroll', names, true) as [string, string]
  const details = detailsFrom(options.text('details'))
  const minQuality = options.number('min-quality')
  const enrolling: EnrolOptions = {
    ...photoOptions(options),
    strict: options.flag('strict'),
    ...(details !== undefined && { details }),
    ...(minQuality !== undefined && { minQuality })
  }
  if (options.flag('add') && details !== undefined) {
    throw new UsageError('--details can only be given for a new person, not with --add')
  }
  const opening = { recognizer: true, keepCrops: options.flag('keep-crops') }
  return withGallery(options, path, opening, async (gallery) => {
    const { person, warnings } = options.flag('add')
      ? await gallery.addPhotos(name, photos, enrolling)
      : await gallery.enroll(name, photos, enrolling)
    tellWarnings(warnings, options.json)
    if (options.json) printJson({ person: personJson(person), warnings })
    else print(`${person.name} is enrolled with ${photosOf(person)}.`)
    return 0
  })
}
