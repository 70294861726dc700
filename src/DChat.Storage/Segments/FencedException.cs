namespace DChat.Storage.Segments;

/// <summary>Another has opened the shard: nothing more is sealed here.</summary>
internal sealed class FencedException : Exception;
