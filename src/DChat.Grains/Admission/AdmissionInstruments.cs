using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core.Messages;

namespace DChat.Grains.Admission;

internal static class AdmissionInstruments
{
    private static readonly Counter<long> Admitted =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.admission.admitted", "{message}", "Messages that passed admission.");

    private static readonly Counter<long> Rejected =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.admission.rejected", "{message}", "Messages that admission rejected, by code.");

    public static void Record(ReadOnlySpan<RejectionCode> codes)
    {
        var admitted = 0;
        foreach (var code in codes)
        {
            if (code == RejectionCode.None)
            {
                admitted++;
            }
            else
            {
                Rejected.Add(1, new KeyValuePair<string, object?>("code", code.ToCode()));
            }
        }

        Admitted.Add(admitted);
    }
}
