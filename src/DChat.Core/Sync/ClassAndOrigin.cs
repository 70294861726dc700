using DChat.Core.Messages;

namespace DChat.Core.Sync;

/// <summary>The retention class and the origin of a message in one byte: class in the low four bits, origin in the high.</summary>
public readonly record struct ClassAndOrigin(byte Value)
{
    private const int OriginShift = 4;
    private const int ClassMask = (1 << OriginShift) - 1;

    /// <summary>Packs the two.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One of them is not a value of its enumeration.</exception>
    public ClassAndOrigin(RetentionClass retention, MessageOrigin origin)
        : this((byte)((byte)retention | ((byte)origin << OriginShift)))
    {
        RetentionClasses.ThrowIfUnknown(retention);
        if (!Enum.IsDefined(origin))
        {
            throw new ArgumentOutOfRangeException(nameof(origin), origin, "Not a door.");
        }
    }

    /// <summary>The retention class.</summary>
    public RetentionClass Class => (RetentionClass)(Value & ClassMask);

    /// <summary>The door it came in by.</summary>
    public MessageOrigin Origin => (MessageOrigin)(Value >> OriginShift);
}
