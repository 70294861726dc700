namespace DChat.Storage.Files;

/// <summary>A file that is read at offsets by any thread. Faults are <see cref="IOException"/>s.</summary>
internal interface IReadFile
{
    /// <summary>The length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads what there is at the offset; fewer bytes than asked for only at the end of the file.</summary>
    int Read(Span<byte> destination, long offset);
}
