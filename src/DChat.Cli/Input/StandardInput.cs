using System.Runtime.CompilerServices;
using System.Text.Unicode;
using DChat.Core.Sealing;

namespace DChat.Cli.Input;

/// <summary>Reads messages from a stream: one a line, or all of it as one. No more of it is in memory than a message may have.</summary>
/// <param name="stream">The stream; null when the process was started without standard input.</param>
internal sealed class StandardInput(Stream? stream)
{
    private const string FailedCode = "input-failed";
    private const int LineEndLength = 2;
    private static readonly byte[] ByteOrderMark = [0xef, 0xbb, 0xbf];

    // Room for the longest message, the end of its line, and the mark some editors put in front of a file.
    private readonly byte[] _buffer = new byte[EnvelopeSealer.MaxContentLength + LineEndLength + 3];
    private int _length;
    private bool _atEnd;

    /// <summary>Each line that is not empty, without its end, as it stands in the stream.</summary>
    /// <exception cref="UsageException">A line is too long (<c>message-too-long</c>) or no UTF-8 (<c>not-utf8</c>); those before it were returned.</exception>
    public async IAsyncEnumerable<byte[]> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 1; await ReadLineAsync(number, cancellationToken).ConfigureAwait(false) is { } line; number++)
        {
            if (line.Length > EnvelopeSealer.MaxContentLength)
            {
                throw TooLong($"Line {number} of standard input", " It was not sent; the lines before it were.");
            }

            if (!Utf8.IsValid(line))
            {
                throw new UsageException(
                    MessageText.NotUtf8Code,
                    $"Line {number} of standard input is not UTF-8 text. It was not sent; the lines before it were. Convert the text, "
                    + "or send all of it as the bytes of one message with --binary.");
            }

            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }

    /// <summary>The whole stream.</summary>
    /// <exception cref="UsageException">It is longer than a message may be (<c>message-too-long</c>).</exception>
    public async Task<byte[]> ReadAllAsync(CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken).ConfigureAwait(false) && _length <= EnvelopeSealer.MaxContentLength)
        {
        }

        return _length <= EnvelopeSealer.MaxContentLength ? _buffer[.._length] : throw TooLong("Standard input", " Nothing was sent.");
    }

    /// <summary>Standard input as lines of any length, for a verb whose other side is trusted.</summary>
    public StreamReader OpenText() => new(stream ?? throw Closed());

    private async Task<byte[]?> ReadLineAsync(int number, CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var end = Array.IndexOf(_buffer, (byte)'\n', searched, _length - searched);
            if (end >= 0)
            {
                return Take(end, end + 1, number);
            }

            searched = _length;
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                return _length > 0 ? Take(_length, _length, number) : null;
            }
        }
    }

    private byte[] Take(int end, int next, int number)
    {
        var line = _buffer.AsSpan(0, end);
        line = number == 1 && line.StartsWith(ByteOrderMark) ? line[ByteOrderMark.Length..] : line;
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        var taken = line.ToArray();
        _buffer.AsSpan(next, _length - next).CopyTo(_buffer);
        _length -= next;
        return taken;
    }

    // A full buffer without the end of a line is a line that is too long: it is returned as it is, and refused for its length.
    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_atEnd || _length == _buffer.Length)
        {
            return false;
        }

        // Reading a terminal blocks its thread whatever the token says.
        var read = await Task.Run(Read, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        _length += read;
        _atEnd = read == 0;
        return !_atEnd;
    }

    private int Read()
    {
        if (stream is null)
        {
            throw Closed();
        }

        try
        {
            return stream.Read(_buffer, _length, _buffer.Length - _length);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(FailedCode, $"Standard input cannot be read: {failure.Message}");
        }
    }

    private static UsageException Closed() => new(
        FailedCode, "Standard input is closed. Nothing was sent: give the message as text, or open standard input with < or |.");

    private static UsageException TooLong(string what, string consequence) => new(
        MessageText.TooLongCode, $"{what} is longer than {EnvelopeSealer.MaxContentLength} bytes, the most that a message may have.{consequence}");
}
