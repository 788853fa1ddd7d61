import { Client, escapeLiteral } from 'pg';

/** The same address for a user whose name and password are this word. */
export function markedUrl(url: string, word: string): string {
  const marked = new URL(url);
  marked.username = word.toLowerCase();
  marked.password = word;
  return marked.href;
}

/** A user with a password that can be searched for, as long as the work takes. */
export async function withMarkedUser<T>(url: string, word: string, work: () => Promise<T>): Promise<T> {
  const user = word.toLowerCase();
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE ROLE ${user} LOGIN SUPERUSER PASSWORD ${escapeLiteral(word)}`);
    try {
      return await work();
    } finally {
      await client.query(`REASSIGN OWNED BY ${user} TO CURRENT_USER; DROP OWNED BY ${user}; DROP ROLE ${user}`);
    }
  } finally {
    await client.end();
  }
}
