using DChat.Storage.Files;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// A file for the time of a sealing, in the folder for temporary files: what is written here and there is sent from the first byte to the
/// last. Only the process can read it, and it goes with the process, however that ends; on Windows it may be left by a crash.
/// </summary>
internal sealed class DraftFile : IFile
{
    private readonly FileStream _stream;
    private readonly PhysicalFile _file;

    private DraftFile(FileStream stream) => (_stream, _file) = (stream, new PhysicalFile(stream.SafeFileHandle));

    /// <inheritdoc/>
    public long Length => _file.Length;

    /// <summary>Makes an empty one.</summary>
    /// <exception cref="IOException">That is not possible.</exception>
    public static DraftFile Create()
    {
        var path = Path.Combine(Path.GetTempPath(), $"dchat-{Path.GetRandomFileName()}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.RandomAccess | (OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None),
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            var stream = new FileStream(path, options);
            if (!OperatingSystem.IsWindows())
            {
                // The open file is all that is needed.
                File.Delete(path);
            }

            return new DraftFile(stream);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public int Read(Span<byte> destination, long offset) => _file.Read(destination, offset);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> source, long offset) => _file.Write(source, offset);

    /// <inheritdoc/>
    public void SetLength(long length) => _file.SetLength(length);

    /// <summary>Does nothing: what becomes durable is the blob.</summary>
    public void Sync()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _stream.Dispose();
    }
}
