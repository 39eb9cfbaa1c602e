import { InvalidArgumentError } from '../errors.js'

/** Where video comes from, and which program reads it. */
export interface VideoSource {
  /** As it may be shown: without user name and password. */
  readonly name: string
  /** Undefined for standard input. */
  readonly command: readonly [program: string, ...args: string[]] | undefined
  /** A camera goes on; a file ends. */
  readonly live: boolean
}

export interface SourceOptions {
  /** Frames a second at most. */
  readonly fps?: number
  /** Wider pictures are made smaller. */
  readonly maxWidth?: number
  /** In place of `ffmpeg`. */
  readonly ffmpeg?: string
}

const liveSchemes = [
  'rtsp:',
  'rtsps:',
  'rtmp:',
  'rtmps:',
  'http:',
  'https:',
  'udp:',
  'tcp:',
  'srt:'
]

/** Programs print addresses in their messages, in whole or in part. */
export function redact(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, '$1')
}

function schemeOf(source: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:(?=\/\/)/i.exec(source)?.[0].toLowerCase()
}

/** ffmpeg's options for an input, and the input. */
function inputOf(source: string): { readonly args: string[]; readonly live: boolean } {
  const scheme = schemeOf(source)
  if (scheme !== undefined) {
    if (!liveSchemes.includes(scheme)) {
      throw new InvalidArgumentError(
        'source',
        `source has the unknown scheme "${scheme}"; expected ${liveSchemes.join(' ')} or a file`
      )
    }
    const prompt = ['-fflags', 'nobuffer', '-flags', 'low_delay']
    // Microseconds. Older versions of ffmpeg call it -stimeout, and refuse the other.
    const rtsp = scheme.startsWith('rtsp') ? ['-rtsp_transport', 'tcp'] : []
    return { args: [...prompt, ...rtsp, '-i', source], live: true }
  }
  if (/^\/dev\/video\d+$/.test(source)) return { args: ['-f', 'v4l2', '-i', source], live: true }
  // Not to be taken for a protocol of ffmpeg's: a name may hold a colon.
  return { args: ['-i', `file:${source}`], live: false }
}

/**
 * How a source is read: `-` is YUV4MPEG2 on standard input; a device, an address or a file goes through
 * ffmpeg.
 */
export function videoSource(source: string, options: SourceOptions = {}): VideoSource {
  if (typeof source !== 'string' || source === '') {
    throw new InvalidArgumentError('source', 'source must be a file, a device, an address or -')
  }
  if (source === '-') return { name: 'standard input', command: undefined, live: false }
  const { args, live } = inputOf(source)
  const { fps, maxWidth, ffmpeg = 'ffmpeg' } = options
  const filters = [
    ...(fps === undefined ? [] : [`fps=${fps}`]),
    // Even sides, as chroma is shared by pairs.
    ...(maxWidth === undefined ? [] : [`scale='min(${maxWidth},iw)':-2`])
  ]
  return {
    name: redact(source),
    live,
    command: [
      ffmpeg,
      ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
      ...args,
      ...['-an', '-sn', '-dn'],
      ...(filters.length > 0 ? ['-vf', filters.join(',')] : []),
      ...['-f', 'yuv4mpegpipe', '-pix_fmt', 'yuv420p', '-']
    ]
  }
}
