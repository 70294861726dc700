namespace DChat.Interop.Tests.Chat;

/// <summary>Damages envelopes in the ways that readers disagree on: mostly where the small fields are, not in the ciphertext.</summary>
internal sealed class Mutator(int seed)
{
    // Two tags and lengths, then the fields up to the ciphertext; the permit and the signature are counted from the end.
    private const int HeadLength = 150;
    private const int NumbersStart = 64; // sequence, timestamp, class and generation
    private const int NumbersLength = 48;
    private const int TailLength = 80;
    private const int MaxChanges = 3;

    private static readonly byte[] Telling = [0x00, 0x01, 0x06, 0x7F, 0x80, 0x81, 0xFF, 0x08, 0x0A, 0x12, 0x58, 0x5A, 0x62];

    private readonly Random _random = new(seed);

    public byte[] Next(IReadOnlyList<byte[]> originals)
    {
        var bytes = originals[_random.Next(originals.Count)].ToList();
        for (var changes = _random.Next(1, MaxChanges + 1); changes > 0 && bytes.Count > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = Place(bytes.Count);
        var length = Math.Min(_random.Next(1, 5), bytes.Count - at);
        switch (_random.Next(7))
        {
            case 0:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                bytes[at] = Telling[_random.Next(Telling.Length)];
                break;
            case 2:
                bytes[at]++;
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 5:
                bytes.Insert(at, Telling[_random.Next(Telling.Length)]);
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }

    private int Place(int length) => _random.Next(4) switch
    {
        0 => Math.Max(0, length - 1 - _random.Next(TailLength)),
        1 => Math.Min(length - 1, NumbersStart + _random.Next(NumbersLength)),
        _ => _random.Next(Math.Min(length, HeadLength)),
    };
}
