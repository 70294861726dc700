namespace DChat.Storage.State.Sqlite;

/// <summary>One row: the serialized state and the ETag of the write that left it there.</summary>
internal sealed record StoredState(string ETag, byte[] Payload);
