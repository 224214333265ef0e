// Everything in a trace was written by somebody else. It becomes text; what may become more is decided here.

const IMAGE = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp);base64,[A-Za-z0-9+/=_\s-]+$/i;
const AUDIO = /^data:audio\/(?:wav|x-wav|mpeg|mp3|ogg|flac|webm|aac|mp4);base64,[A-Za-z0-9+/=\s]+$/i;

/** The address of an image that stands in the trace itself; nothing is ever loaded from elsewhere. */
export const imageSource = (address: string): string | undefined => (IMAGE.test(address) ? address : undefined);

export const mediaSource = (address: string): string | undefined => (AUDIO.test(address) ? address : undefined);

/** The address of a link that may be followed: to the web or to a mailbox, and to nothing that runs. */
export function linkTarget(address: string): string | undefined {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

// What is invisible or turns text around (controls, bidirectional marks, tags) is spelled out in names and labels.
const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

export const visible = (text: string): string =>
  text.replace(HIDDEN, (c) => `\\u${(c.codePointAt(0) as number).toString(16).padStart(4, "0")}`);
