using Microsoft.Extensions.Options;

namespace DChat.Client;

/// <summary>Checks each option against its documented range.</summary>
internal sealed class DChatClientOptionsValidator : IValidateOptions<DChatClientOptions>
{
    private const long KiB = 1024;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, DChatClientOptions options)
    {
        List<string> failures = [];
        Check(failures, nameof(options.RetryTimeout), options.RetryTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        Check(failures, nameof(options.Linger), options.Linger, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        Check(failures, nameof(options.MaxBatchesInFlight), options.MaxBatchesInFlight, 1, 64);
        Check(failures, nameof(options.MaxPendingBytes), options.MaxPendingBytes, 64 * KiB, KiB * KiB * KiB);
        Check(failures, nameof(options.SubscriberBufferBytes), options.SubscriberBufferBytes, 256 * KiB, KiB * KiB * KiB);
        Check(failures, nameof(options.StreamSilence), options.StreamSilence, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        if (options.Home is "")
        {
            failures.Add("DChatClientOptions.Home is empty: name a directory, or leave it null for a device in memory.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check<T>(List<string> failures, string option, T value, T min, T max)
        where T : IComparable<T>
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            failures.Add($"DChatClientOptions.{option} is {value}: it must be {min} to {max}.");
        }
    }
}
