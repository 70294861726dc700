namespace DChat.Storage.Azure.Log;

/// <summary>A shard that a writer has taken over.</summary>
/// <param name="Current">The blob that it appends to.</param>
/// <param name="Head">The sequence of the newest durable message; 0 before the first.</param>
/// <param name="Older">The blobs before, in order; nothing is appended to them any more.</param>
/// <param name="Newest">The messages of the last of these, which had to be read already.</param>
internal sealed record OpenedShard(TakenBlob Current, ulong Head, IReadOnlyList<BlobName> Older, IReadOnlyList<LoggedMessage> Newest);
