using System.Diagnostics;
using System.Globalization;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>
/// Inputs for a decoder: good ones, mutated, and one in eight of bytes at random. DCHAT_FUZZ_FACTOR multiplies how many there
/// are, DCHAT_FUZZ_SEED makes others.
/// </summary>
internal sealed class Fuzzer
{
    /// <summary>Inputs for each decoder at factor 1.</summary>
    private const int Inputs = 50_000;

    /// <summary>What a decoder may allocate for one input, in bytes, its exception and what a test does to check included.</summary>
    private const int MaxAllocated = 256 * 1024;

    private const int MaxInput = 8192;
    private const int MaxRandom = 64;

    private static readonly int Factor = int.Parse(Environment.GetEnvironmentVariable("DCHAT_FUZZ_FACTOR") ?? "1", CultureInfo.InvariantCulture);
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("DCHAT_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
    private static readonly byte[] Edges = [0x00, 0x01, 0x7f, 0x80, 0xff];

    private readonly Random _random = new(Seed);
    private readonly byte[][] _corpus;
    private readonly byte[] _input = new byte[MaxInput];
    private int _length;

    private Fuzzer(byte[][] corpus) => _corpus = corpus;

    /// <summary>Calls a decoder with one input after another. It may refuse by a <see cref="Libp2pException"/>, and do nothing else.</summary>
    /// <param name="corpus">Good inputs, short against 8 KiB.</param>
    /// <param name="decode">The decoder, and what must hold of what it takes. Keeps nothing of its input.</param>
    /// <param name="inputs">How many at factor 1: fewer where one is expensive.</param>
    public static void Run(byte[][] corpus, Action<ReadOnlyMemory<byte>> decode, int inputs = Inputs)
    {
        var fuzzer = new Fuzzer(corpus);
        var started = Stopwatch.GetTimestamp();
        var count = inputs * Factor;
        for (var i = 0; i < count; i++)
        {
            fuzzer.Try(i, decode);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Seed {Seed}, {count:N0} inputs, {count / Stopwatch.GetElapsedTime(started).TotalSeconds:N0}/s."));
    }

    private void Try(int number, Action<ReadOnlyMemory<byte>> decode)
    {
        Next();
        var input = _input.AsMemory(0, _length);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            decode(input);
        }
        catch (Libp2pException)
        {
            // The right way to refuse.
        }
        catch (Exception e)
        {
            Assert.Fail($"Seed {Seed}, input {number}, {Convert.ToHexString(input.Span)}: {e}");
        }

        if (GC.GetAllocatedBytesForCurrentThread() - allocated > MaxAllocated)
        {
            Assert.Fail($"Seed {Seed}, input {number}, {Convert.ToHexString(input.Span)} allocated more than {MaxAllocated} bytes.");
        }
    }

    private void Next()
    {
        if (_random.Next(8) == 0)
        {
            _length = _random.Next(MaxRandom + 1);
            _random.NextBytes(_input.AsSpan(0, _length));
            return;
        }

        var good = _corpus[_random.Next(_corpus.Length)];
        good.CopyTo(_input, 0);
        _length = good.Length;
        for (var n = _random.Next(1, 5); n > 0 && _length > 0; n--)
        {
            Mutate(_random.Next(_length));
        }
    }

    private void Mutate(int at)
    {
        switch (_random.Next(7))
        {
            case 0:
                _input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                _input[at] = (byte)_random.Next(256);
                break;
            case 2:
                _input[at] = Edges[_random.Next(Edges.Length)];
                break;
            case 3:
                Remove(at, _random.Next(_length - at + 1));
                break;
            case 4:
                Insert(at, _input.AsSpan(at, Math.Min(16, _length - at)).ToArray());
                break;
            case 5:
                Insert(at, [(byte)_random.Next(256)]);
                break;
            default:
                // Goes on as another good input does.
                var other = _corpus[_random.Next(_corpus.Length)];
                _length = at;
                Insert(at, other.AsSpan(_random.Next(other.Length + 1)));
                break;
        }
    }

    private void Remove(int at, int count)
    {
        _input.AsSpan(at + count, _length - at - count).CopyTo(_input.AsSpan(at));
        _length -= count;
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxInput - _length)];
        _input.AsSpan(at, _length - at).CopyTo(_input.AsSpan(at + bytes.Length));
        bytes.CopyTo(_input.AsSpan(at));
        _length += bytes.Length;
    }
}
