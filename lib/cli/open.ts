import { FaceRecognizer } from '../index.js'
import { type Arguments, openOptions } from './arguments.js'
import { complain } from './output.js'

/** Opens a recogniser as the command line wishes and says so when a GPU was sought in vain. */
export async function openRecognizer(args: Arguments): Promise<FaceRecognizer> {
  const recognizer = await FaceRecognizer.open(openOptions(args))
  if (recognizer.device === 'cpu' && recognizer.deviceReason !== undefined) {
    complain(`running on the CPU: ${recognizer.deviceReason}`)
  }
  return recognizer
}
