import type { FatalType } from './messages.ts';

/** What came with an order to join. */
export interface Asked {
  readonly room: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly userName: string | undefined;
}

/** `rejected`: not by an error of a type, but as the answer to the order. `silent`: there is no answer. */
export type Admission =
  | { readonly userId?: string; readonly userName?: string; readonly owner?: boolean }
  | { readonly refused: FatalType; readonly message?: string }
  | { readonly rejected: string }
  | { readonly silent: true };

/** The claims of a meeting token, as Daily names them in it. */
interface Claims {
  /** The room's name. */
  readonly r?: string;
  /** `user_id`. */
  readonly ud?: string;
  /** `user_name`. */
  readonly u?: string;
  /** `is_owner`. */
  readonly o?: boolean;
  /** Seconds since the epoch. */
  readonly exp?: number;
  readonly nbf?: number;
}

/** A token as Daily's looks, with nothing in it that would let anybody in anywhere. */
export function meetingToken(claims: Claims): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.${Buffer.from('unsigned').toString('base64url')}`;
}

/** Lets in whoever has no token, or one for this room and this hour; who they are is what it says. */
export function admitByToken({ room, token, userName }: Asked): Admission {
  if (token === undefined) return userName === undefined ? {} : { userName };
  const claims = claimsOf(token);
  const now = Date.now() / 1_000;
  if (claims === undefined) return { refused: 'not-allowed' };
  if (claims.r !== undefined && claims.r !== room) return { refused: 'not-allowed' };
  if (claims.nbf !== undefined && claims.nbf > now) return { refused: 'nbf-token' };
  if (claims.exp !== undefined && claims.exp <= now) return { refused: 'exp-token' };
  const name = claims.u ?? userName;
  return {
    ...(claims.ud !== undefined && { userId: claims.ud }),
    ...(name !== undefined && { userName: name }),
    owner: claims.o === true,
  };
}

function claimsOf(token: string): Claims | undefined {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
  } catch {
    return undefined;
  }
}
