namespace DChat.Storage.State.Sqlite;

/// <summary>Names one state: the storage's name, the state's name within its grain, and the grain.</summary>
internal readonly record struct StateKey(string Storage, string State, string Grain);
