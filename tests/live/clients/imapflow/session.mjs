// One session of ImapFlow, as a webmailer has it. Prints what it saw as JSON.
import { ImapFlow } from 'imapflow';

const [port, user, source] = process.argv.slice(2);
const client = new ImapFlow({
    host: '127.0.0.1',
    port: Number(port),
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass: 'secret' },
    logger: false,
});
const seen = { told: [] };

await client.connect();
await client.mailboxCreate('Projects/2026');
seen.folders = (await client.list({ statusQuery: { messages: true, unseen: true } })).map(folder => ({
    path: folder.path,
    use: folder.specialUse || null,
    messages: folder.status?.messages ?? null,
}));
const appended = await client.append('Projects/2026', Buffer.from(source, 'base64'), ['\\Seen', '$Label'], new Date(0));
seen.appended = appended.uid;

const lock = await client.getMailboxLock('INBOX');
try {
    seen.exists = client.mailbox.exists;
    seen.messages = [];
    for await (const message of client.fetch('1:*', { uid: true, flags: true, envelope: true, bodyStructure: true, size: true })) {
        seen.messages.push({
            uid: message.uid,
            subject: message.envelope.subject,
            from: message.envelope.from?.[0]?.address ?? null,
            type: message.bodyStructure.type,
            size: message.size,
        });
    }
    seen.source = (await client.fetchOne('1', { source: true })).source.toString('base64');
    const { content } = await client.download('1', '1');
    const parts = [];
    for await (const part of content) parts.push(part);
    seen.text = Buffer.concat(parts).toString('utf8');
    seen.found = await client.search({ subject: 'number 3' }, { uid: true });
    await client.messageFlagsAdd({ uid: '2' }, ['\\Flagged']);
    seen.moved = [...(await client.messageMove({ uid: '2:3' }, 'Projects/2026')).uidMap];
    seen.copied = [...(await client.messageCopy({ uid: '4' }, 'Projects/2026')).uidMap];
    await client.messageDelete({ uid: '5' });
    seen.left = await client.search({ all: true }, { uid: true });

    client.on('exists', event => seen.told.push([event.prevCount, event.count]));
    const heard = new Promise(resolve => client.once('exists', resolve));
    const idling = client.idle();
    console.error('idling');
    await heard;
    client.noop();
    await idling;
} finally {
    lock.release();
}
seen.status = await client.status('Projects/2026', { messages: true, unseen: true, uidNext: true });
seen.status.highestModseq = undefined;
await client.mailboxRename('Projects/2026', 'Projects/Old');
await client.mailboxDelete('Projects/Old');
await client.logout();
console.log(JSON.stringify(seen, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
