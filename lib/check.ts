import { InvalidArgumentError } from './errors.js'

/** The longest side of a picture, in pixels: what a JPEG can have. */
export const maxImageSide = 65535

/** How a wrong value is shown in an error: short, and telling strings from numbers. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  }
  if (value === null || typeof value !== 'object') return String(value)
  // What calls itself a constructor in an object that was JSON may be anything.
  const made: unknown = value.constructor
  return `an object of type ${typeof made === 'function' ? made.name : 'Object'}`
}

export function checkNumber(
  argument: string,
  value: unknown,
  min: number,
  max: number
): asserts value is number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new InvalidArgumentError(
      argument,
      `${argument} must be a number from ${min} to ${max}, not ${show(value)}`
    )
  }
}

/** @param or another value that is allowed but was looked at before, as the message is to name it */
export function checkInteger(
  argument: string,
  value: unknown,
  min: number,
  max: number,
  or?: string
): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw new InvalidArgumentError(
      argument,
      `${argument} must be ${or === undefined ? '' : `'${or}' or `}a whole number from ` +
        `${min} to ${max}, not ${show(value)}`
    )
  }
}

export function checkBoolean(argument: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') {
    throw new InvalidArgumentError(
      argument,
      `${argument} must be true or false, not ${show(value)}`
    )
  }
}

export function checkOneOf<const T extends string>(
  argument: string,
  value: unknown,
  allowed: readonly T[]
): asserts value is T {
  if (!(allowed as readonly unknown[]).includes(value)) {
    const list = allowed.map((name) => `'${name}'`).join(', ')
    throw new InvalidArgumentError(
      argument,
      `${argument} must be one of ${list}, not ${show(value)}`
    )
  }
}

/** Options may be left out, but a string or a number in their place is a mistake worth naming. */
export function checkOptions(argument: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(argument, `${argument} must be an object, not ${show(value)}`)
  }
}
