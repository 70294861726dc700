namespace DChat.Storage.Files;

/// <summary>
/// An open file, read and written at offsets by any thread. Faults are <see cref="IOException"/>s; after a failed write
/// any part of the bytes may be there.
/// </summary>
internal interface IFile : IReadFile, IDisposable
{
    /// <summary>Writes all of the bytes; beyond the end the file grows, and a gap reads as zeros.</summary>
    void Write(ReadOnlySpan<byte> source, long offset);

    /// <summary>Cuts the file off, or lengthens it with zeros.</summary>
    void SetLength(long length);

    /// <summary>Returns when the content and the length are on stable storage.</summary>
    void Sync();
}
