using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Orleans.Persistence.Redis;
using StackExchange.Redis;

namespace DChat.Silo.Providers;

/// <summary>What is to be said of a fault of the libraries below, in one line and without what is secret.</summary>
/// <param name="Text">What happened.</param>
/// <param name="IsTransient">Whether the same call may succeed later.</param>
internal readonly record struct ProviderFault(string Text, bool IsTransient)
{
    private const int RequestTimeout = 408;
    private const int TooManyRequests = 429;
    private const int ServerFault = 500;

    /// <summary>Finds the cause among what wraps it.</summary>
    public static ProviderFault Of(Exception failure)
    {
        for (var e = failure; e is not null; e = e is AggregateException { InnerExceptions: [.., var last] } ? last : e.InnerException)
        {
            switch (e)
            {
                // A status of 0: no answer came, and the cause is inside.
                case RequestFailedException { Status: not 0 } refused:
                    return new ProviderFault(
                        $"HTTP status {refused.Status} ({refused.ErrorCode})", refused.Status is RequestTimeout or TooManyRequests or >= ServerFault);
                case AuthenticationFailedException:
                    return new ProviderFault($"no identity: {FirstLine(e)}", IsTransient: true);
                case SocketException:
                    return new ProviderFault(FirstLine(e), IsTransient: true);
                case RedisConnectionException redis when redis.FailureType is ConnectionFailureType.AuthenticationFailure:
                    return new ProviderFault("the server refuses the password", IsTransient: false);
                case RedisConnectionException { InnerException: null } redis:
                    return new ProviderFault($"no connection ({redis.FailureType})", IsTransient: true);
                case OperationCanceledException or TimeoutException:
                    return new ProviderFault("no answer in time", IsTransient: true);
            }
        }

        var cause = failure.GetBaseException();
        return new ProviderFault(
            $"{cause.GetType().Name}: {FirstLine(cause)}",
            cause is RequestFailedException or RedisException or RedisStorageException or IOException or HttpRequestException);
    }

    private static string FirstLine(Exception failure) => failure.Message.Split('\n')[0].Trim().TrimEnd('.');
}
