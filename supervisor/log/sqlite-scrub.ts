import type { DatabaseSync } from 'node:sqlite';

/**
 * Writes the documents anew, so that nothing of a deleted one is left. secure_delete overwrites what is deleted where
 * it lies, but not the copies that stay in the gaps of pages when SQLite moves rows from one page to another; pages
 * that are freed are overwritten whole. All or nothing; when the disk takes nothing, the next close does it.
 */
export function forgetDeleted(db: DatabaseSync): void {
  try {
    db.exec('BEGIN IMMEDIATE');
    const rows = db.prepare('SELECT key, json FROM documents ORDER BY key').all();
    db.exec('DELETE FROM documents');
    const put = db.prepare('INSERT INTO documents VALUES (?, ?)');
    for (const { key, json } of rows) put.run(String(key), String(json));
    db.exec('COMMIT');
  } catch {
    // Whoever closes can't do anything about it.
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}
